"""In which language somebody is spoken to; the order of precedence is in docs/translating.md."""

from django.conf import settings
from django.utils.translation import activate


def language_of(person: object) -> str:
    """The language an account has chosen; empty where it has none, or one that does not exist here."""
    language = getattr(person, "language", "")
    return language if language in dict(settings.LANGUAGES) else ""


def speak_to(person: object) -> None:
    """From here to the request's end, whose middleware puts back what was before."""
    if language := language_of(person):
        activate(language)
