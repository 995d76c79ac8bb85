from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from classes.enums import TierPays
from classes.forms import SeatForm, WaitForm
from classes.models import Pass, Session, Tier
from classes.own_rows import find_usable_passes
from classes.policies.plans import Part, due_when_booked
from classes.seats import plan_parts, read_terms
from classes.selling import Selling, read_selling
from classes.timetable import Row, RowState, make_rows
from classes.visiting import find_session
from classes.waiting import key_of_entry, key_of_session
from classes.words import describe_credit, describe_policy
from common import clock
from common.errors import DomainError
from common.kept_answers import show_at
from common.parsing import MOST_PEOPLE
from resources.map_links import map_link
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.remembered import list_remembered


@dataclass(frozen=True, slots=True)
class TierOffer:
    """``left`` at this price, of which the seats are the limit; ``parts`` of one person's price, where it
    can be paid in instalments.
    """

    tier: Tier
    left: int
    parts: Sequence[Part]
    today: date

    @property
    def due_in_parts(self) -> Decimal:
        """What one person pays when they book in instalments; nothing where no deposit is asked for."""
        if not self.tier.deposit or not self.parts:
            return Decimal(0)
        return due_when_booked(self.tier.deposit, self.parts, self.today)

    @property
    def due_ahead(self) -> Decimal:
        """What one person pays when they book, where it is more than the parts that are due then."""
        due = sum((part.amount for part in self.parts if part.due_on <= self.today), Decimal(0))
        return self.due_in_parts if self.due_in_parts > due else Decimal(0)

    @property
    def deposit(self) -> Decimal:
        return self.due_in_parts if self.only_plan else self.tier.deposit

    @property
    def gives_choice(self) -> bool:
        return self.tier.pays == TierPays.BOTH

    @property
    def only_plan(self) -> bool:
        return self.tier.pays == TierPays.PLAN


@dataclass(frozen=True, slots=True)
class SessionPage:
    row: Row
    tiers: Sequence[TierOffer]
    passes: Sequence[tuple[Pass, int]]
    now: datetime

    @property
    def session(self) -> Session:
        return self.row.session

    @property
    def path(self) -> str:
        return reverse("classes-session", args=[self.session.venue.slug, self.session.pk])

    @property
    def today(self) -> date:
        return self.now.astimezone(self.session.venue.zone).date()

    @property
    def most(self) -> int:
        return min(self.row.left or self.session.capacity, MOST_PEOPLE)

    def make_seat_form(self, data: Any = None) -> SeatForm:
        free = [offer.tier for offer in self.tiers if offer.left]
        return SeatForm(
            data,
            initial={"key": str(uuid4()), "pays": TierPays.FULL, "tier": free[0].pk if free else None},
            most=self.most,
            tiers=[offer.tier for offer in self.tiers],
            passes=self.passes,
        )

    def make_wait_form(self, user: Any, data: Any = None) -> WaitForm:
        return WaitForm(data, most=min(self.session.capacity, MOST_PEOPLE), is_known=isinstance(user, User))


@never_cache
@require_safe
def session(request: HttpRequest, venue: str, session_id: int) -> HttpResponse:
    return show(request, read_page(request, venue, session_id))


def read_page(request: HttpRequest, venue: str, session_id: int) -> SessionPage:
    """Raises ``NotFound`` and ``SessionNotFound``."""
    found, now = find_session(request.user, venue, session_id), clock.now()
    [row] = make_rows([found], request.user, now, _find_remembered(request, found))
    may_use = row.state == RowState.FREE or (row.state == RowState.WAITLIST and row.is_booked_at_once)
    passes = find_usable_passes(request.user, found) if may_use else []
    return SessionPage(row, _offer_tiers(row, now) if found.has_tiers else [], passes, now)


def _find_remembered(request: HttpRequest, session: Session) -> dict[int, WaitlistEntry]:
    """The place in line of a guest who has joined it, or opened its link, in this browser."""
    entries = list_remembered(request.session, [session.place.seats_id])
    key, user = key_of_session(session), request.user
    # Whoever is signed in here may have opened somebody else's.
    own = [row for row in entries if not isinstance(user, User) or row.customer_email == user.email]
    found = next((entry for entry in own if key_of_entry(entry) == key), None)
    return {session.pk: found} if found else {}


def _offer_tiers(row: Row, now: datetime) -> list[TierOffer]:
    """Whoever is offered seats chooses for those, whatever else is free."""
    if row.state != RowState.OFFERED or row.entry is None:
        return offer_tiers(row.session, now, row.left)
    offers = WaitlistOffer.objects.filter(entry=row.entry, outcome=WaitlistOffer.Outcome.OPEN)
    own = offers.values_list("reservation", flat=True).first()
    return offer_tiers(row.session, now, row.entry.party_size, own)


def offer_tiers(session: Session, now: datetime, free: int, own: UUID | None = None) -> list[TierOffer]:
    """Those on sale, for so many free seats; ``own``: the reservation with which they are held already."""
    selling = read_selling([session], but=own).get(session.pk, Selling())
    tiers = [tier for tier in selling.tiers if tier.is_on_sale]
    today = now.astimezone(session.venue.zone).date()
    on_plan = any(tier.pays != TierPays.FULL for tier in tiers)
    terms = read_terms(session.pk, session.local_start.date()) if on_plan else []
    return [
        TierOffer(
            tier,
            selling.limit(free, tier),
            plan_parts(session, terms, tier.price, session.venue.currency, now)
            if terms and tier.pays != TierPays.FULL
            else (),
            today,
        )
        for tier in tiers
    ]


def show(
    request: HttpRequest,
    page: SessionPage,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    seat_form: SeatForm | None = None,
    wait_form: WaitForm | None = None,
) -> HttpResponse:
    row, session = page.row, page.session
    venue = session.venue
    context: dict[str, Any] = {
        "page": page,
        "row": row,
        "session": session,
        "venue": venue,
        "face": venue,
        "zone": venue.zone_name,
        "now": page.now,
        "seat_form": seat_form or page.make_seat_form(),
        "wait_form": wait_form or page.make_wait_form(request.user),
        "policy": describe_policy(session, row.rules, page.now),
        "credit": describe_credit(session, row.rules, page.now) if page.passes else "",
        "problem": problem,
        "map": map_link(venue),
    }
    response = render(request, "classes/session.html", context, status=status)
    return show_at(response, page.path)
