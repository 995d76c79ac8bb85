"""In which language somebody is spoken to; docs/translating.md has the order of precedence."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import activate
from django.utils.translation.trans_real import parse_accept_lang_header

ENGLISH, AMERICAN = "en", "en-us"
"""The same texts; but Americans read dates, prices and clocks (7:00 PM) as in the United States."""


def base_language(language: str) -> str:
    """That of the texts."""
    return ENGLISH if language == AMERICAN else language


def is_offered(language: str) -> bool:
    return base_language(language) in dict(settings.LANGUAGES)


def with_region(language: str, request: HttpRequest) -> str:
    """English as in the region whose English the visitor's browser asks for first."""
    if language != ENGLISH:
        return language
    wanted = parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()[:500])
    names = [name for name, _weight in wanted if name.partition("-")[0] == ENGLISH]
    return AMERICAN if names[:1] == [AMERICAN] else language


def language_of(person: object) -> str:
    """The language an account has chosen; empty for none, or one that is not offered."""
    language = getattr(person, "language", "")
    return language if language in dict(settings.LANGUAGES) else ""


def activate_language_of(person: object) -> None:
    # Until the end of the request, when the middleware restores the language.
    if language := language_of(person):
        activate(language)
