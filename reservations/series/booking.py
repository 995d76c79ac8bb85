"""Recurring reservations: looked at first, made together, changed together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import DomainError, InvalidInput
from common.parsing import resolve_local_time
from common.progress import track_progress
from common.transactions import retried_atomic
from reservations.availability import BusyByLeaf, Moment, Wish, busy_for, ranges_within, violations
from reservations.domain.history import write_event
from reservations.domain.limits import check_limits, lock_customer
from reservations.domain.lines import Line, Span, options, options_at, pick, probes
from reservations.domain.occupancy import guarded, lock_leaves
from reservations.domain.pricing import priced
from reservations.domain.questions import replied
from reservations.domain.values import NO_REPLY, Actor, Customer, ItemRequest, Reply, booker_for
from reservations.domain.writing import leaf_ids, new_reservation, occupy
from reservations.enums import EventKind
from reservations.exceptions import SeriesRefused
from reservations.models import Reservation, ReservationSeries
from reservations.policies import Booker, Violation
from reservations.series.rrule import dates_of
from reservations.services import idempotency
from reservations.services.booking import Booking, booked_status, require_contact
from resources.catalog import catalog
from resources.facts import Catalog
from scheduling.slots import nearest_starts
from scheduling.zones import DAY, from_minute, to_minute

ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Pattern:
    """What recurs: local time of day, length, people; ``rule`` is an RRULE.

    ``skip``: dates left out; ``instead``: starts chosen for single dates in place of the usual one.
    """

    venue_id: int
    items: tuple[ItemRequest, ...]
    first_on: date
    at: time
    duration: timedelta
    rule: str
    party_size: int = 1
    skip: frozenset[date] = frozenset()
    instead: Mapping[date, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of the series: free (with ``lines`` and ``price``), or why not and what else that week."""

    on: date
    start: datetime | None
    end: datetime | None
    lines: tuple[Line, ...] = ()
    price: Decimal | None = None
    code: str = ""
    message: str | Promise = ""
    alternatives: tuple[datetime, ...] = ()

    @property
    def is_free(self) -> bool:
        return bool(self.lines)


def series_preview(*, pattern: Pattern, actor: Actor, now: datetime | None = None) -> list[Occurrence]:
    """Every occurrence as free or taken, without booking anything; skipped dates are left out.

    The number of queries does not depend on the number of occurrences.
    Raises ``InvalidInput`` for a rule that is none, ``NotFound`` for what the venue does not have.
    """
    at = now or clock_now()
    known = catalog(pattern.venue_id)
    moment = Moment(epoch_minute(at), epoch_seconds(clock_now()))
    timed = [_timed(pattern, on, str(known.zone)) for on in _dates(pattern)]
    spans = [_span(each, pattern.party_size) for each in timed]
    choices = options_at(pattern.items, known, [span for span in spans if span is not None], moment)
    _require_apart(pattern, choices)
    return _answered(timed, spans, choices, booker_for(actor, pattern.venue_id), moment)


def _dates(pattern: Pattern) -> list[date]:
    found = [on for on in dates_of(pattern.rule, pattern.first_on) if on not in pattern.skip]
    if not found:
        raise InvalidInput(fields={"skip": [_("Nothing is left of the series.")]})
    return found


def _timed(pattern: Pattern, on: date, zone: str) -> Occurrence:
    """The instants of one local date; a time the clocks skip or repeat that day is refused by name."""
    try:
        start = pattern.instead.get(on) or resolve_local_time(on, pattern.at, zone)
    except InvalidInput as error:
        near = tuple(error.extra["candidates"])
        return Occurrence(on, None, None, code=error.code, message=error.message, alternatives=near)
    return Occurrence(on, start, start + pattern.duration)


def _span(occurrence: Occurrence, party_size: int) -> Span | None:
    if occurrence.start is None or occurrence.end is None:
        return None
    return Span(to_minute(occurrence.start), to_minute(occurrence.end), party_size)


Choices = dict[Span, list[list[Line]]]


def _require_apart(pattern: Pattern, choices: Choices) -> None:
    """Occurrences that overlap each other, buffers included, are no series."""
    spans = sorted((span.start, span.end, lines) for span, [lines, *_others] in choices.items())
    for (_start, end, lines), (start, _end, _lines) in zip(spans, spans[1:], strict=False):
        rules = lines[0].bookable.slot_rules
        if start - rules.buffer_before < end + rules.buffer_after:
            raise InvalidInput(
                _("The occurrences would overlap each other."),
                fields={"duration": [_("Longer than from one occurrence to the next.")]},
            )


def _answered(
    timed: Sequence[Occurrence],
    spans: Sequence[Span | None],
    choices: Choices,
    booker: Booker,
    moment: Moment,
) -> list[Occurrence]:
    flat = [(span, line) for span in choices for lines in choices[span] for line in lines]
    asked = [probes([line], span)[0] for span, line in flat]
    answers = violations(asked, booker, moment) if asked else []
    found = {id(line): answer for (_span, line), answer in zip(flat, answers, strict=True)}
    picked = []
    for occurrence, span in zip(timed, spans, strict=True):
        picked.append(occurrence if span is None else _picked(occurrence, span, choices[span], found))
    return _with_alternatives(picked, spans, choices, booker, moment)


def _picked(
    occurrence: Occurrence, span: Span, choices: list[list[Line]], found: Mapping[int, Violation | None]
) -> Occurrence:
    try:
        lines = pick(choices, found)
    except DomainError as refused:
        return replace(occurrence, code=refused.code, message=refused.message)
    price = priced(lines, span.start, span.end, span.party_size)["total_amount"]
    return replace(occurrence, lines=tuple(lines), price=price)


def _with_alternatives(
    occurrences: Sequence[Occurrence],
    spans: Sequence[Span | None],
    choices: Choices,
    booker: Booker,
    moment: Moment,
) -> list[Occurrence]:
    """Near starts for what is not free, from rows that are read once; for one resource only."""
    refused = [span for each, span in zip(occurrences, spans, strict=True) if span and not each.is_free]
    if not refused or any(len(lines) != 1 for lines in choices.values()):
        return list(occurrences)
    line = choices[refused[0]][0][0]
    first, last = min(span.start for span in refused), max(span.end for span in refused)
    wish = Wish(refused[0].end - refused[0].start, refused[0].party_size, line.units, booker)
    busy = busy_for([line.bookable], first - DAY, last + DAY, moment, duration=wish.duration)
    return [
        replace(each, alternatives=_near(line, wish, busy, span, moment)) if span in refused else each
        for each, span in zip(occurrences, spans, strict=True)
    ]


def _near(
    line: Line, wish: Wish, busy: BusyByLeaf, span: Span | None, moment: Moment
) -> tuple[datetime, ...]:
    if span is None:
        return ()
    start, end = max(span.start - DAY, moment.minute), span.start + DAY
    free = ranges_within(line.bookable, wish, busy, start=start, end=end, now=moment.minute)
    zone = str(line.bookable.zone)
    return tuple(from_minute(at, zone) for at in sorted(nearest_starts(free, span.start, ALTERNATIVES)))


def book_series(
    *,
    pattern: Pattern,
    customer: Customer,
    actor: Actor,
    requests: str = "",
    reply: Reply = NO_REPLY,
    skip_taken: bool = False,
    idempotency_key: str = "",
    now: datetime | None = None,
) -> tuple[ReservationSeries, list[Occurrence]]:
    """Books every occurrence or none; returns the series and what was left out (``skip_taken``).

    With the key of a series that was booked already, it returns that one.
    Raises ``SeriesRefused`` with every occurrence that cannot be had, ``BookingRefused``
    (``limit_reached``), ``InvalidInput``, ``NotFound``, ``Busy``.
    """
    require_contact(customer)
    booking = Booking(
        pattern.venue_id,
        pattern.items,
        datetime.min.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC),
        pattern.party_size,
        customer,
        actor,
        requests,
        reply=reply,
    )
    return _book(pattern, booking, skip_taken, idempotency_key, now or clock_now())


def _asked(pattern: Pattern, booking: Booking) -> dict[str, object]:
    """By which the same request is known when it comes again."""
    return {
        "series": [pattern.rule, pattern.first_on, pattern.at, pattern.duration, sorted(pattern.skip)],
        "instead": sorted(pattern.instead.items()),
        "booking": booking.asked,
    }


@retried_atomic
def _book(
    pattern: Pattern, booking: Booking, skip_taken: bool, key: str, now: datetime
) -> tuple[ReservationSeries, list[Occurrence]]:
    claimed, actor, asked = None, booking.actor, _asked(pattern, booking)
    if key:
        claimed = idempotency.claim(key, actor, asked, venue_id=pattern.venue_id, now=now)
    if key and claimed is None:
        earlier = idempotency.earlier_answer(key, actor, asked)
        if earlier and earlier.series:
            return earlier.series, []
    known = catalog(pattern.venue_id)
    booker = booker_for(booking.actor, pattern.venue_id)
    everything = _everything(pattern, known)
    if not booker.is_staff:
        lock_customer(booking.customer, everything)
    lock_leaves(leaf_ids(everything))
    occurrences = series_preview(pattern=pattern, actor=booking.actor, now=now)
    free = [each for each in occurrences if each.is_free]
    refused = [each for each in occurrences if not each.is_free]
    if (refused and not skip_taken) or not free:
        raise SeriesRefused(extra={"refused": [refusal_json(each) for each in refused]})
    series = ReservationSeries.objects.create(venue_id=pattern.venue_id, rule=pattern.rule[:500])
    booked = [_book_one(series, each, booking, booker, now) for each in track_progress(free)]
    if claimed:
        idempotency.remember(claimed, booked[0])
    return series, refused


def _everything(pattern: Pattern, known: Catalog) -> list[Line]:
    """Every line that any occurrence might choose: all of them are locked first, in key order."""
    moment = Moment(0, 0)
    start = to_minute(datetime.combine(pattern.first_on, pattern.at, tzinfo=UTC))
    span = Span(start, start + pattern.duration // timedelta(minutes=1), pattern.party_size)
    return [line for lines in options(pattern.items, known, span, moment) for line in lines]


def _book_one(
    series: ReservationSeries, occurrence: Occurrence, booking: Booking, booker: Booker, now: datetime
) -> Reservation:
    lines = list(occurrence.lines)
    one = replace(booking, start=occurrence.start or booking.start, end=occurrence.end or booking.end)
    if not booker.is_staff:
        check_limits(booking.customer, lines, start=one.span.start, now=now)
    price = priced(lines, one.span.start, one.span.end, one.party_size)
    status = booked_status(lines, one.span, booker, deposit=price["deposit_amount"])
    said = replied(lines, one.reply, booker, now)
    reservation = new_reservation(one, lines, status, None, price=price, now=now, series=series, said=said)
    with guarded(single_unit=all(line.bookable.limit == 1 for line in lines)):
        occupy(reservation, lines)
    write_event(reservation, kind=EventKind.BOOKED, actor=booking.actor, now=now)
    return reservation


def refusal_json(occurrence: Occurrence) -> dict[str, object]:
    """An occurrence that cannot be had, as errors carry it."""
    return {
        "date": occurrence.on.isoformat(),
        "start": occurrence.start.isoformat() if occurrence.start else None,
        "reason": occurrence.code,
        "message": str(occurrence.message),
        "alternatives": [at.isoformat() for at in occurrence.alternatives],
    }
