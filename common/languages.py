"""In which language somebody is spoken to; docs/translating.md has the order of precedence."""

from django.conf import settings
from django.utils.translation import activate


def language_of(person: object) -> str:
    """The language an account has chosen; empty for none, or one that is not offered."""
    language = getattr(person, "language", "")
    return language if language in dict(settings.LANGUAGES) else ""


def activate_language_of(person: object) -> None:
    # Until the end of the request, when the middleware restores the language.
    if language := language_of(person):
        activate(language)
