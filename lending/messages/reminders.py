"""What the hour tells borrowers: fetch it, bring it back, it is overdue. Staff get a list of that once a day.

Every run looks at the moments of the last day, and writes what was not written for them yet. So nothing is
missed while nothing runs, and no mark can be wrong; two runs at once write one row, whose key holds loan,
date and moment.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from accounts.models import User
from common import clock
from common.sweeping import Sweep
from lending.enums import SUBJECT, Kind, Status
from lending.messages.names import DIGEST, OVERDUE_AT_VENUE, LoanMessage
from lending.messages.snapshot import ToldLoan, loan_payload
from lending.models import LendingRules, Loan, LoanEvent
from lending.querysets import LoanQuerySet
from notifications.models import Message
from notifications.services.writing import messages_to_customer, messages_to_staff, write_messages
from reservations.messages.reminders import choose_hours
from resources.models import Venue

JOB = "lending.remind"
LOOK_BACK = timedelta(days=1)
"""What should have been told longer ago is no news any more."""
LONGEST_LEAD = timedelta(days=1)
SHORTEST_WINDOW = timedelta(hours=1)
"""Of less time to fetch it there is no second mail: the first has only just come."""
DIGEST_HOUR = time(8)
"""On the venue's clock."""
_RENEWALS = LoanEvent.objects.filter(loan=OuterRef("pk"), kind=Kind.RENEWED).order_by("-pk")


class Reminder(NamedTuple):
    """``mark`` tells it apart from the others about the same loan."""

    kind: LoanMessage
    mark: str
    at: datetime
    extra: dict[str, int]


def remind(*, now: datetime) -> int:
    """Write what became due; returns how many reminders."""
    run, loans = Sweep(JOB, now=now), {loan.uuid: loan for loan in _find_near(now)}
    told = _read_told(loans)

    def tell(key: UUID) -> int:
        return _write_due(loans[key], told, now)

    return sum(run.attempt(key, tell) or 0 for key in run.in_turn(list(loans)))


def _find_near(now: datetime) -> LoanQuerySet:
    to_fetch = Q(status=Status.APPROVED, valid_until__gt=now, valid_until__lte=now + LONGEST_LEAD)
    near = to_fetch
    for ahead in _list_offsets():
        near |= Q(status=Status.OUT, due_at__gt=now + ahead - LOOK_BACK, due_at__lte=now + ahead)
    loans = Loan.objects.for_display().filter(near).select_related("resource__lendable__rules")
    return loans.annotate(renewed_at=Subquery(_RENEWALS.values("at")[:1])).order_by("pk")


def _list_offsets() -> set[timedelta]:
    """From a reminder to the date it is about: hours before are positive, days after negative."""
    rules = LendingRules.objects.order_by()
    lists = list(rules.values_list("reminder_hours", "chaser_days").distinct())
    # A list with nonsense does not affect others.
    hours = {each for found, _days in lists for each in found if isinstance(each, int)}
    days = {each for _hours, found in lists for each in found if isinstance(each, int)}
    people = User.objects.filter(wants_reminders=True).order_by()
    hours |= set(people.values_list("reminder_hours", flat=True).distinct()) if hours else set()
    return {timedelta(hours=each) for each in hours} | {timedelta(days=-each) for each in days}


def _read_told(loan_ids: Iterable[UUID]) -> set[str]:
    """Keys of what was written already, without address and channel."""
    about = Message.objects.filter(subject_type=SUBJECT, subject_id__in=[str(each) for each in loan_ids])
    keys = about.filter(kind__in=REMINDING).values_list("dedupe_key", flat=True)
    return {":".join(key.split(":")[:3]) for key in keys}


REMINDING = (LoanMessage.PICKUP_ENDING, LoanMessage.DUE, LoanMessage.OVERDUE)


def _write_due(loan: Loan, told: set[str], now: datetime) -> int:
    due = [each for each in list_reminders(loan) if now - LOOK_BACK < each.at <= now]
    new = [each for each in due if f"{each.kind}:{loan.uuid}:{each.mark}" not in told]
    for each in new:
        payload = loan_payload(loan) | each.extra
        write_messages(messages_to_customer(each.kind, f"{loan.uuid}:{each.mark}", ToldLoan(loan), payload))
    return len(new)


def list_reminders(loan: Loan) -> list[Reminder]:
    """All that the loan's rules and its borrower want, of moments after it was given, renewed or recalled."""
    begun = max(at for at in _list_beginnings(loan) if at)
    return [each for each in _list_moments(loan) if each.at > begun]


def _list_beginnings(loan: Loan) -> tuple[datetime | None, ...]:
    """Since when the date is known: who has just renewed for a day is not told at once that a day is left."""
    return loan.approved_at, loan.handed_out_at, loan.recalled_at, getattr(loan, "renewed_at", None)


def _list_moments(loan: Loan) -> Iterator[Reminder]:
    if loan.status == Status.APPROVED:
        yield from _moment_to_fetch(loan)
        return
    if loan.due_at is None or loan.resource is None:
        return
    rules, mark = loan.resource.lendable.rules, f"{loan.due_at:%Y%m%dT%H%M}"
    for hours in choose_hours(set(rules.reminder_hours), loan.borrower):
        at = loan.due_at - timedelta(hours=hours)
        yield Reminder(LoanMessage.DUE, f"{mark}-{hours}h", at, {"hours": hours})
    for days in rules.chaser_days:
        at = loan.due_at + timedelta(days=days)
        yield Reminder(LoanMessage.OVERDUE, f"{mark}-{days}d", at, {"days": days})


def _moment_to_fetch(loan: Loan) -> Iterator[Reminder]:
    """Halfway through the time there is to fetch it, or a day before that ends."""
    if loan.valid_until is None or loan.approved_at is None:
        return
    window = loan.valid_until - max(loan.approved_at, loan.wanted_from or loan.approved_at)
    if window >= SHORTEST_WINDOW:
        at = loan.valid_until - min(window / 2, LONGEST_LEAD)
        yield Reminder(LoanMessage.PICKUP_ENDING, f"{loan.valid_until:%Y%m%dT%H%M}", at, {})


class _OverdueAt(NamedTuple):
    """A venue as the subject of its list."""

    pk: UUID
    venue_id: int


def list_overdue_venues() -> Iterable[int]:
    overdue = Loan.objects.overdue(clock.now()).order_by()
    return overdue.values_list("venue_id", flat=True).distinct()


def tell_overdue(*, now: datetime, venue_id: int) -> int:
    """Once a day, from eight o'clock on, staff get the list of what is overdue."""
    venue = Venue.objects.get(pk=venue_id)
    local = now.astimezone(venue.zone)
    if local.time() < DIGEST_HOUR:
        return 0
    subject = str(venue.uuid)
    today = datetime.combine(local.date(), DIGEST_HOUR, venue.zone)
    told = Message.objects.filter(venue=venue, created_at__gte=today, kind=DIGEST)
    if told.filter(subject_type=OVERDUE_AT_VENUE, subject_id=subject).exists():
        return 0
    messages = messages_to_staff(DIGEST, f"{subject}:{local.date()}", _OverdueAt(venue.uuid, venue.pk), {})
    write_messages(messages)
    return len(messages)
