import re

import idna

ORIGIN = re.compile(r"(https?)://([^\s/?#@:\[\]]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$)({LABEL}\.)*{LABEL}\.?|\[[0-9a-f:]+\]")
LAST_PORT = 65_535
USUAL_PORTS = {"http": ":80", "https": ":443"}
THIS_MACHINE = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")


def read_origin(text: str) -> str | None:
    """As browsers write it, like ``https://shop.example``; None for anything else."""
    found = ORIGIN.fullmatch(text.strip().rstrip("/").lower())
    if found is None:
        return None
    scheme, host, port = found.groups(default="")
    host = _encode_host(host)
    if not HOST.fullmatch(host) or (port and not 0 < int(port[1:]) <= LAST_PORT):
        return None
    port = port and f":{int(port[1:])}"
    return f"{scheme}://{host}{'' if port == USUAL_PORTS[scheme] else port}"


def read_website(text: str) -> str | None:
    """The origin of a website that nobody can rewrite on its way: HTTPS, or on the visitor's own machine."""
    origin = read_origin(text)
    if origin is None or not (origin.startswith("https:") or THIS_MACHINE.fullmatch(origin)):
        return None
    return origin


def _encode_host(host: str) -> str:
    """``bücher.example`` is ``xn--bcher-kva.example`` where browsers compare it; empty if it is no name."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return ""
