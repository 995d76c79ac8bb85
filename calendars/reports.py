"""What staff are told about a file that could not be read, or not all of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

MOST_NAMES = 5
MOST_PROBLEMS = 100
ERRORS = {
    "not_icalendar": gettext_lazy("This is not an iCalendar file."),
    "cut_off": gettext_lazy("The file ends in the middle. The last complete version still applies."),
    "nothing_readable": gettext_lazy("None of the events in the file could be read."),
    "too_slow": gettext_lazy("This calendar is too large to read."),
}
SENTENCES = {
    "event": ngettext_lazy(
        "%(count)d event could not be read and blocks nothing: %(names)s",
        "%(count)d events could not be read and block nothing: %(names)s",
        "count",
    ),
    "version": ngettext_lazy(
        "The newer version of %(count)d event could not be read. The older one blocks: %(names)s",
        "The newer versions of %(count)d events could not be read. The older ones block: %(names)s",
        "count",
    ),
    "end": ngettext_lazy(
        "The end of %(count)d event could not be read. It blocks half an hour, or its day: %(names)s",
        "The ends of %(count)d events could not be read. They block half an hour, or their day: %(names)s",
        "count",
    ),
    "rule": ngettext_lazy(
        "The repetition of %(count)d event could not be read. Only its first time is blocked: %(names)s",
        "The repetition of %(count)d events could not be read. Only their first times are blocked: %(names)s",
        "count",
    ),
    "dates": ngettext_lazy(
        "Some dates of %(count)d repeating event could not be read: %(names)s",
        "Some dates of %(count)d repeating events could not be read: %(names)s",
        "count",
    ),
    "period": ngettext_lazy(
        "Busy times in %(count)d place of the file could not be read.",
        "Busy times in %(count)d places of the file could not be read.",
        "count",
    ),
}
EMPTY = "empty"
Problems = Sequence[Sequence[str]]


def describe_error(code: str) -> str:
    return str(ERRORS.get(code, code))


def describe_problems(problems: Problems, until: datetime | None, zone: ZoneInfo) -> list[str]:
    """A sentence for each kind of problem, with titles or UIDs of its events."""
    names: dict[str, list[str]] = {}
    for kind, name in problems:
        names.setdefault(kind, []).append(name)
    sentences = [_describe(kind, found) for kind, found in names.items() if kind in SENTENCES]
    if EMPTY in names:
        sentences.append(_("There are no events in the file."))
    if until is not None:
        day = date_format(until.astimezone(zone), "DATE_FORMAT")
        sentences.append(_("It has very many events. They only block times until %s.") % day)
    return sentences


def _describe(kind: str, names: list[str]) -> str:
    return SENTENCES[kind] % {"count": len(names), "names": _join_names(names)}


def _join_names(names: Iterable[str]) -> str:
    different = list(dict.fromkeys(name or _("without a title") for name in names))
    more = len(different) - MOST_NAMES
    shown = ", ".join(different[:MOST_NAMES])
    return shown + (ngettext(" and %d more", " and %d more", more) % more if more > 0 else "")
