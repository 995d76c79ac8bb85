from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from common import clock
from common.errors import DomainError
from common.transactions import rehearsal
from reservations.availability import moment_now
from reservations.domain.choosing import choose_lines
from reservations.domain.extensions import Proposal, agree_on_price, require_allowed
from reservations.domain.limits import check_limits
from reservations.domain.lines import Line, Span, list_options
from reservations.domain.pricing import calculate_price
from reservations.domain.questions import questions_of, terms_of
from reservations.domain.values import Actor, Customer, ItemRequest, booker_for
from reservations.models import Reservation
from reservations.services import (
    NewPrice,
    ReservationChanges,
    edit_reservation,
    preview_change,
    wants_approval,
)
from resources.bookables import QuestionValues
from resources.catalog import catalog
from scheduling.zones import to_minute


@dataclass(frozen=True, slots=True)
class BookingQuote:
    """Where nothing is free, the price of the first choice, with ``code`` and ``message`` saying why."""

    total: Decimal
    currency: str
    price_lines: list[dict[str, str]]
    cancellation_terms: list[dict[str, Any]]
    needs_approval: bool
    deposit: Decimal
    questions: list[QuestionValues]
    terms: str
    code: str = ""
    message: str | Promise = ""


def quote_booking(
    *,
    venue_id: int,
    items: Sequence[ItemRequest],
    start: datetime,
    end: datetime,
    party_size: int,
    actor: Actor,
) -> BookingQuote:
    """Prices and checks as ``book_reservation`` would. Raises ``InvalidInput``, ``NotFound``."""
    moment = moment_now()
    booker = booker_for(actor, venue_id)
    span = Span(to_minute(start), to_minute(end), party_size)
    choices = list_options(items, catalog(venue_id), span, moment)
    refusal: DomainError | None = None
    try:
        # A refusal still comes with a price: the one of what would be booked first.
        lines: list[Line] = choose_lines(choices, span, booker, moment)
    except DomainError as conflict:
        refusal, lines = conflict, [first[0] for first in choices]
    customer = Customer.from_user(actor.user) if actor.user else Customer()
    proposal = Proposal(venue_id, lines, span, customer, actor, booker, moment)
    if refusal is None:
        refusal = _find_refusal(proposal)
    price = agree_on_price(proposal, calculate_price(lines, span.start, span.end, party_size))
    return BookingQuote(
        price["total_amount"],
        price["currency"],
        price["price_lines"],
        price["cancellation_terms"],
        wants_approval(lines, span) and not booker.is_staff,
        price["deposit_amount"],
        questions_of(lines),
        terms_of(lines),
        refusal.code if refusal else "",
        refusal.message if refusal else "",
    )


def _find_refusal(proposal: Proposal) -> DomainError | None:
    try:
        # A guest is nobody as yet.
        if proposal.customer.user and not proposal.booker.is_staff:
            check_limits(proposal.customer, proposal.lines, proposal.span, now=clock.now())
        require_allowed(proposal)
    except DomainError as refusal:
        return refusal
    return None


def quote_move(
    reservation: Reservation, *, changes: ReservationChanges, actor: Actor
) -> tuple[NewPrice, DomainError | None]:
    price = preview_change(reservation, changes, actor=actor, now=clock.now())
    # The real change runs and is rolled back, so that the answer cannot differ from what moving does.
    try:
        with rehearsal(dry_run=True):
            edit_reservation(reservation_id=reservation.pk, changes=changes, actor=actor)
    except DomainError as refusal:
        return price, refusal
    return price, None
