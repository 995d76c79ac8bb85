"""The script that venues put on their own websites has one address for ever, and so no hash in its name."""

from collections.abc import MutableMapping

EMBED_SCRIPT = "js/embed.js"
A_DAY, A_WEEK = 86_400, 604_800


def keep_for_a_day(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """Called by WhiteNoise for each static file: after that, browsers look for a newer one."""
    if url.endswith(f"/{EMBED_SCRIPT}"):
        headers["Cache-Control"] = f"public, max-age={A_DAY}, stale-while-revalidate={A_WEEK}"


WHITENOISE_ADD_HEADERS_FUNCTION = keep_for_a_day
