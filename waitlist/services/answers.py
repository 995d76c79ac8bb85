"""What became of asking somebody, written down: why nothing was offered, and when to ask again."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.transactions import retried_atomic
from scheduling.zones import from_minute
from waitlist.matching import NothingFree
from waitlist.models import WaitlistEntry


@dataclass(frozen=True, slots=True)
class Refused:
    """By a rule about the person, or by a product: nobody says so when it no longer applies."""

    code: str


class Answer(NamedTuple):
    """``result`` is None where asking failed; ``is_freed``: time came free that could have been theirs."""

    entry: WaitlistEntry
    result: NothingFree | Refused | None
    is_freed: bool = False


class _Note(NamedTuple):
    skip_reason: str
    skipped_at: datetime | None
    due_at: datetime | None


def record_answers(answers: Collection[Answer], now: datetime) -> None:
    """Writes only what is new: looking again passes nobody over."""
    notes = {answer.entry.pk: _make_note(answer, now) for answer in answers}
    changed = {
        answer.entry.pk: answer.entry
        for answer in answers
        if notes[answer.entry.pk] != _present_note(answer.entry)
    }
    if changed:
        _write(changed, notes)


@retried_atomic
def _write(changed: Mapping[UUID, WaitlistEntry], notes: Mapping[UUID, _Note]) -> None:
    # Whoever has changed their wish meanwhile is due, and stays so; another run may have asked them, too.
    rows = WaitlistEntry.objects.waiting().filter(pk__in=list(changed)).order_by("pk")
    locked = rows.select_for_update(no_key=True).values_list("pk", "due_at")
    ids_by_note: dict[_Note, list[UUID]] = defaultdict(list)
    for pk, due_at in locked:
        if due_at in (changed[pk].due_at, None):
            ids_by_note[notes[pk]].append(pk)
    for note, ids in ids_by_note.items():
        WaitlistEntry.objects.filter(pk__in=ids).update(**note._asdict())


def _present_note(entry: WaitlistEntry) -> _Note:
    return _Note(entry.skip_reason, entry.skipped_at, entry.due_at)


def _make_note(answer: Answer, now: datetime) -> _Note:
    reason, due_at = _read_result(answer, now)
    is_new = reason != answer.entry.skip_reason or (answer.is_freed and answer.result is not None)
    return _Note(reason, now if is_new else answer.entry.skipped_at, due_at)


def _read_result(answer: Answer, now: datetime) -> tuple[str, datetime | None]:
    entry, result, is_freed = answer
    # Of two runs, a slower one that has seen less must find another time here than it has read.
    is_known = not is_freed and entry.due_at is not None and entry.due_at <= now
    still_due = entry.due_at if is_known else now
    match result:
        case NothingFree(reason, None):
            return reason, None
        case NothingFree(reason, int(minute)):
            again = from_minute(minute)
            return reason, again if again > now else still_due
        case Refused(code):
            return code, still_due
    return entry.skip_reason, still_due
