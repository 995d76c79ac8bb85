"""Pages about privacy, terms and who is behind it all: linked where a venue has none of its own."""

import os
from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured


def read_legal_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """Addresses by name, empty for none. Raises ``ImproperlyConfigured``."""
    return {
        "privacy": _check("PRIVACY_URL", environment.get("PRIVACY_URL", "")),
        "terms": _check("TERMS_URL", environment.get("TERMS_URL", "")),
        "imprint": _check("IMPRINT_URL", environment.get("IMPRINT_URL", "")),
    }


def _check(variable: str, text: str) -> str:
    address = text.strip()
    if address and not address.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"{variable}: {address!r} is no web page. Write https:// in front.")
    return address


LEGAL_PAGES = read_legal_pages(os.environ)
