import re

ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
USUAL_PORTS = {"http": ":80", "https": ":443"}


def read_origin(text: str) -> str | None:
    """As browsers write it, like ``https://shop.example``; None for anything else."""
    origin = text.strip().rstrip("/").lower()
    if not ORIGIN.fullmatch(origin):
        return None
    return origin.removesuffix(USUAL_PORTS[origin.partition(":")[0]])
