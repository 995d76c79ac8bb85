"""Dates of a recurring booking that cannot be had are made up for by others after its end."""

from dataclasses import replace

from reservations.domain.values import Actor
from reservations.series import MOST_OCCURRENCES, Occurrence, Pattern, preview_series
from storefront.series.forms import RepeatForm


def preview_filled(pattern: Pattern, form: RepeatForm, actor: Actor) -> list[Occurrence]:
    """As many dates as it takes for the wished number to be free, or for all to have been tried."""
    wanted = count = form.cleaned_data["count"]
    occurrences = preview_series(pattern=pattern, actor=actor)
    while _count_free(occurrences) < wanted and count < MOST_OCCURRENCES:
        count = min(2 * count, MOST_OCCURRENCES)
        occurrences = preview_series(pattern=replace(pattern, rule=form.rule(count)), actor=actor)
    return occurrences[: _find_end(occurrences, wanted)]


def _count_free(occurrences: list[Occurrence]) -> int:
    return sum(1 for occurrence in occurrences if occurrence.is_free)


def _find_end(occurrences: list[Occurrence], wanted: int) -> int:
    """After the last date that is wanted; at least as many as were asked for."""
    free = [number for number, occurrence in enumerate(occurrences, 1) if occurrence.is_free]
    return max([wanted, *free[:wanted][-1:]])
