"""What a booking would cost and whether it would succeed, without making it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from common.errors import DomainError
from common.transactions import rehearsal
from reservations.availability import moment_now
from reservations.domain.lines import Line, Span, choose, options
from reservations.domain.pricing import priced
from reservations.domain.questions import questions_of, terms_of
from reservations.domain.values import Actor, ItemRequest, booker_for
from reservations.models import Reservation
from reservations.services import Changes, NewPrice, edit_reservation, reschedule_preview, wants_approval
from resources.catalog import catalog
from resources.facts import QuestionFacts
from scheduling.zones import to_minute


@dataclass(frozen=True, slots=True)
class BookingQuote:
    """The price of what would be booked, or of the first choice where nothing is free."""

    total: Decimal
    currency: str
    price_lines: list[dict[str, str]]
    cancellation_terms: list[dict[str, Any]]
    needs_approval: bool
    deposit: Decimal
    questions: list[QuestionFacts]
    terms: str
    code: str = ""
    message: str | Promise = ""


def booking_quote(
    *,
    venue_id: int,
    items: Sequence[ItemRequest],
    start: datetime,
    end: datetime,
    party_size: int,
    actor: Actor,
) -> BookingQuote:
    """Prices and checks like ``book_reservation``. Raises ``InvalidInput``, ``NotFound``."""
    moment = moment_now()
    booker = booker_for(actor, venue_id)
    span = Span(to_minute(start), to_minute(end), party_size)
    choices = options(items, catalog(venue_id), span, moment)
    refused: DomainError | None = None
    try:
        lines: list[Line] = choose(choices, span, booker, moment)
    except DomainError as error:
        refused, lines = error, [first[0] for first in choices]
    price = priced(lines, span.start, span.end, party_size)
    return BookingQuote(
        price["total_amount"],
        price["currency"],
        price["price_lines"],
        price["cancellation_terms"],
        wants_approval(lines, span) and not booker.is_staff,
        price["deposit_amount"],
        questions_of(lines),
        terms_of(lines),
        refused.code if refused else "",
        refused.message if refused else "",
    )


def move_quote(
    reservation: Reservation, *, start: datetime, end: datetime, actor: Actor
) -> tuple[NewPrice, DomainError | None]:
    """The price at another time, and what would refuse the move, if anything would."""
    price = reschedule_preview(reservation, start=start, end=end)
    try:
        with rehearsal(dry_run=True):
            edit_reservation(
                reservation_id=reservation.pk, changes=Changes(start=start, end=end), actor=actor
            )
    except DomainError as refused:
        return price, refused
    return price, None
