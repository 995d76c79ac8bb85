"""Versions of what was answered: the hash of a representation is its ``ETag``."""

import hashlib
from collections.abc import Mapping
from typing import Any

from common.rendering import JSONRenderer
from resources.services import StaleRow


def tag_of(data: Any) -> str:
    """A strong entity tag, quotes included."""
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'


def is_known(headers: Mapping[str, str], tag: str) -> bool:
    """Whether ``If-None-Match`` says that the client has this version already."""
    return "If-None-Match" in headers and _names(headers["If-None-Match"], tag)


def require_current(headers: Mapping[str, str], tag: str) -> None:
    """Raises ``StaleRow`` when ``If-Match`` names other versions only."""
    if "If-Match" in headers and not _names(headers["If-Match"], tag):
        raise StaleRow


def _names(value: str, tag: str) -> bool:
    """Weak tags count, too: proxies that compress make strong ones weak."""
    tags = [part.strip().removeprefix("W/") for part in value.split(",")]
    return "*" in tags or tag in tags
