"""Pages about privacy, terms and who is behind it all: linked where a venue has none of its own."""

import os
from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

NAMES = ("privacy", "terms", "imprint")


def read_legal_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """Addresses by name, empty for none. Raises ``ImproperlyConfigured``."""
    return {name: _read_page(environment, f"{name.upper()}_URL") for name in NAMES}


def _read_page(environment: Mapping[str, str], variable: str) -> str:
    address = environment.get(variable, "").strip()
    if address and not address.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"{variable}: {address!r} is no web page. Write https:// in front.")
    return address


LEGAL_PAGES = read_legal_pages(os.environ)
