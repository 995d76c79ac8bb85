from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds, instant_text
from common.clock import now as clock_now
from common.errors import DomainError, InvalidInput
from common.parsing import resolve_local_time
from common.progress import track_progress
from common.transactions import retried_atomic
from reservations.availability import (
    BusyByLeaf,
    Moment,
    Wish,
    find_violations,
    moment_now,
    ranges_within,
    read_busy,
)
from reservations.domain.choosing import pick_lines
from reservations.domain.extensions import (
    agree_on_price,
    lock_for_products,
    record_for_products,
    require_allowed,
    title_for,
)
from reservations.domain.history import write_event
from reservations.domain.limits import check_limits, lock_customer
from reservations.domain.lines import Line, Span, list_options, list_options_at, make_probes
from reservations.domain.occupancy import lock_leaves, translate_refusals
from reservations.domain.own_times import list_own_times, wants_one_at_a_time
from reservations.domain.pricing import calculate_price
from reservations.domain.questions import check_reply
from reservations.domain.values import NO_REPLY, Actor, Customer, ItemRequest, Reply, booker_for
from reservations.domain.writing import insert_reservation, leaf_ids, occupy
from reservations.enums import EventKind
from reservations.exceptions import SeriesRefused
from reservations.models import Reservation, ReservationSeries
from reservations.policies import Booker, Violation, violation
from reservations.series.rrule import list_dates
from reservations.services import idempotency
from reservations.services.booking import Booking, booked_status
from reservations.services.contact import require_contact
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog
from resources.stays import end_at, length_of
from scheduling.reasons import Reason
from scheduling.slots import nearest_starts
from scheduling.spans import merge, overlaps
from scheduling.zones import DAY, from_minute, to_minute

ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Pattern:
    """``rule`` is an RRULE, ``at`` a local time; ``skip`` and ``instead`` are exceptions for single dates."""

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
    """Free, with ``lines`` and ``price``; else ``code`` and ``message`` say why not, with near starts."""

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


def preview_series(
    *, pattern: Pattern, actor: Actor, customer: Customer | None = None, now: datetime | None = None
) -> list[Occurrence]:
    """Every occurrence as free or taken, without skipped dates; a constant number of queries.

    ``customer`` is whom it is for; else whoever asks.

    Raises ``InvalidInput`` for an invalid rule, ``NotFound`` for what the venue does not have.
    """
    at = now or clock_now()
    venue_catalog = catalog(pattern.venue_id)
    moment = Moment(epoch_minute(at), epoch_seconds(clock_now()))
    first = _find_first(pattern, venue_catalog)
    dates = _list_dates(pattern, venue_catalog.zone)
    occurrences = [_make_occurrence(pattern, on, first) for on in dates]
    spans = [_span(occurrence, pattern.party_size) for occurrence in occurrences]
    choices = list_options_at(
        pattern.items, venue_catalog, [span for span in spans if span is not None], moment
    )
    _require_apart(pattern, choices)
    booker = booker_for(actor, pattern.venue_id)
    answered = _answer_occurrences(occurrences, spans, choices, booker, moment)
    person = customer or (Customer.from_user(actor.user) if actor.user else None)
    return answered if person is None or booker.is_staff else _refuse_own_times(answered, spans, person)


def _list_dates(pattern: Pattern, zone: ZoneInfo) -> list[date]:
    start = datetime.combine(pattern.first_on, pattern.at, zone)
    dates = [on for on in list_dates(pattern.rule, start) if on not in pattern.skip]
    if not dates:
        raise InvalidInput(fields={"skip": [_("No dates are left in this series.")]})
    return dates


def _find_first(pattern: Pattern, venue_catalog: Catalog) -> Bookable:
    """Whose nights count, if it is lodging."""
    return _list_all_lines(pattern, venue_catalog)[0].bookable


def _make_occurrence(pattern: Pattern, on: date, first: Bookable) -> Occurrence:
    """The instants of a local date; a time that the clocks skip or repeat that day is an obstacle."""
    try:
        start = pattern.instead.get(on) or resolve_local_time(on, pattern.at, str(first.zone))
    except InvalidInput as error:
        candidates = tuple(error.extra["candidates"])
        return Occurrence(on, None, None, code=error.code, message=error.message, alternatives=candidates)
    return Occurrence(on, start, end_at(first, start, pattern.duration))


def _span(occurrence: Occurrence, party_size: int) -> Span | None:
    if occurrence.start is None or occurrence.end is None:
        return None
    return Span(to_minute(occurrence.start), to_minute(occurrence.end), party_size)


Choices = dict[Span, list[list[Line]]]


def _require_apart(pattern: Pattern, choices: Choices) -> None:
    """Raises ``InvalidInput`` if occurrences overlap each other, buffers included."""
    spans = sorted((span.start, span.end, lines) for span, [lines, *_other_choices] in choices.items())
    for (first, last, lines), (start, end, _lines) in zip(spans, spans[1:], strict=False):
        rules = lines[0].bookable.slot_rules
        if rules.blocked(start, end)[0] < rules.blocked(first, last)[1]:
            raise InvalidInput(
                _("These dates would overlap. Choose a shorter duration or fewer dates."),
                fields={"duration": [_("Choose a duration shorter than the time between two dates.")]},
            )


def _answer_occurrences(
    occurrences: Sequence[Occurrence],
    spans: Sequence[Span | None],
    choices: Choices,
    booker: Booker,
    moment: Moment,
) -> list[Occurrence]:
    # All choices of all occurrences are probed at once, then picked from as a single booking would.
    flat = [(span, line) for span in choices for lines in choices[span] for line in lines]
    all_probes = [make_probes([line], span)[0] for span, line in flat]
    answers = find_violations(all_probes, booker, moment) if all_probes else []
    obstacle_by_line = {id(line): answer for (_span, line), answer in zip(flat, answers, strict=True)}
    answered = []
    for occurrence, span in zip(occurrences, spans, strict=True):
        answered.append(
            occurrence
            if span is None
            else _pick_occurrence(occurrence, span, choices[span], obstacle_by_line, moment)
        )
    return _add_alternatives(answered, spans, choices, booker, moment)


def _pick_occurrence(
    occurrence: Occurrence,
    span: Span,
    choices: list[list[Line]],
    obstacle_by_line: Mapping[int, Violation | None],
    moment: Moment,
) -> Occurrence:
    try:
        lines = pick_lines(choices, obstacle_by_line, span, moment)
    except DomainError as refusal:
        return replace(occurrence, code=refusal.code, message=refusal.message)
    price = calculate_price(lines, span.start, span.end, span.party_size)["total_amount"]
    return replace(occurrence, lines=tuple(lines), price=price)


def _refuse_own_times(
    occurrences: Sequence[Occurrence], spans: Sequence[Span | None], person: Customer
) -> list[Occurrence]:
    """Those at which the person is somewhere else at the venue, where the rules look at that."""
    asked = [
        (span, occurrence.lines)
        for occurrence, span in zip(occurrences, spans, strict=True)
        if span and wants_one_at_a_time(occurrence.lines)
    ]
    if not asked:
        return list(occurrences)
    first, last = min(span.start for span, _lines in asked), max(span.end for span, _lines in asked)
    own_times = list_own_times(person, asked[0][1][0].bookable.venue_id, first, last)
    refused = violation(Reason.ALREADY_BOOKED_THEN)
    return [
        replace(occurrence, lines=(), price=None, code=refused.reason, message=refused.message)
        if span and wants_one_at_a_time(occurrence.lines) and overlaps(merge(own_times), span.start, span.end)
        else occurrence
        for occurrence, span in zip(occurrences, spans, strict=True)
    ]


def _add_alternatives(
    occurrences: Sequence[Occurrence],
    spans: Sequence[Span | None],
    choices: Choices,
    booker: Booker,
    moment: Moment,
) -> list[Occurrence]:
    taken_spans = [
        span for occurrence, span in zip(occurrences, spans, strict=True) if span and not occurrence.is_free
    ]
    if not taken_spans or any(len(lines) != 1 for lines in choices.values()):
        return list(occurrences)
    line = choices[taken_spans[0]][0][0]
    first, last = min(span.start for span in taken_spans), max(span.end for span in taken_spans)
    length = length_of(line.bookable, taken_spans[0].start, taken_spans[0].end)
    wish = Wish(length, taken_spans[0].party_size, line.units, booker)
    # Read once, from a day before the first date that is taken to a day after the last.
    busy = read_busy([line.bookable], first - DAY, last + DAY, moment, duration=wish.duration)
    return [
        replace(occurrence, alternatives=_find_near_starts(line, wish, busy, span, moment))
        if span in taken_spans
        else occurrence
        for occurrence, span in zip(occurrences, spans, strict=True)
    ]


def _find_near_starts(
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
    """Book every occurrence or none; returns the series and the occurrences left out (``skip_taken``).

    The key of a series that was booked before returns that one. Raises ``SeriesRefused`` with all that is
    taken.
    """
    require_contact(customer, actor=actor, venue_id=pattern.venue_id)
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
    return _book_occurrences(pattern, booking, skip_taken, idempotency_key, now or clock_now())


def _describe_request(pattern: Pattern, booking: Booking) -> dict[str, object]:
    """By this a repeated request is recognized."""
    return {
        "series": [pattern.rule, pattern.first_on, pattern.at, pattern.duration, sorted(pattern.skip)],
        "instead": sorted(pattern.instead.items()),
        "booking": booking.request,
    }


@retried_atomic
def _book_occurrences(
    pattern: Pattern, booking: Booking, skip_taken: bool, key: str, now: datetime
) -> tuple[ReservationSeries, list[Occurrence]]:
    claimed, actor, request = None, booking.actor, _describe_request(pattern, booking)
    if key:
        claimed = idempotency.claim(key, actor, request, venue_id=pattern.venue_id, now=now)
    if key and claimed is None:
        earlier = idempotency.earlier_answer(key, actor, request)
        if earlier and earlier.series:
            return earlier.series, []
    venue_catalog = catalog(pattern.venue_id)
    booker = booker_for(booking.actor, pattern.venue_id)
    all_lines = _list_all_lines(pattern, venue_catalog)
    # Person, then every leaf that any occurrence might need, before the look that decides.
    if not booker.is_staff:
        lock_customer(booking.customer, all_lines)
    lock_for_products(booking.propose(all_lines, booker, moment_now()))
    lock_leaves(leaf_ids(all_lines))
    occurrences = preview_series(pattern=pattern, actor=booking.actor, customer=booking.customer, now=now)
    free = [occurrence for occurrence in occurrences if occurrence.is_free]
    taken = [occurrence for occurrence in occurrences if not occurrence.is_free]
    if (taken and not skip_taken) or not free:
        raise SeriesRefused(extra={"refused": [refusal_json(occurrence) for occurrence in taken]})
    # One by one, so that limits count the dates booked before.
    series = ReservationSeries.objects.create(venue_id=pattern.venue_id, rule=pattern.rule[:500])
    reservations = [
        _book_one(series, occurrence, booking, booker, now) for occurrence in track_progress(free)
    ]
    if claimed:
        idempotency.remember(claimed, reservations[0])
    return series, taken


def _list_all_lines(pattern: Pattern, venue_catalog: Catalog) -> list[Line]:
    moment = Moment(0, 0)
    start = to_minute(datetime.combine(pattern.first_on, pattern.at, tzinfo=UTC))
    span = Span(start, start + pattern.duration // timedelta(minutes=1), pattern.party_size)
    return [line for lines in list_options(pattern.items, venue_catalog, span, moment) for line in lines]


def _book_one(
    series: ReservationSeries, occurrence: Occurrence, booking: Booking, booker: Booker, now: datetime
) -> Reservation:
    lines = list(occurrence.lines)
    booking_of_date = replace(
        booking, start=occurrence.start or booking.start, end=occurrence.end or booking.end
    )
    if not booker.is_staff:
        check_limits(booking.customer, lines, booking_of_date.span, now=now)
    proposal = booking_of_date.propose(lines, booker, moment_now())
    require_allowed(proposal)
    span = booking_of_date.span
    price = agree_on_price(proposal, calculate_price(lines, span.start, span.end, span.party_size))
    status = booked_status(lines, booking_of_date.span, booker, deposit=price["deposit_amount"])
    reply_fields = check_reply(lines, booking_of_date.reply, booker, now)
    titled = replace(booking_of_date, title=title_for(proposal))
    reservation = insert_reservation(
        titled, lines, status, None, price=price, now=now, series=series, reply_fields=reply_fields
    )
    with translate_refusals(single_unit=all(line.bookable.limit == 1 for line in lines)):
        occupy(reservation, lines)
    record_for_products(reservation, lines)
    recorded = booking.reply.recorded
    write_event(reservation, kind=EventKind.BOOKED, actor=booking.actor, now=now, changes=recorded)
    return reservation


def refusal_json(occurrence: Occurrence) -> dict[str, object]:
    return {
        "date": occurrence.on.isoformat(),
        "start": instant_text(occurrence.start) if occurrence.start else None,
        "reason": occurrence.code,
        "message": str(occurrence.message),
        "alternatives": [instant_text(at) for at in occurrence.alternatives],
    }
