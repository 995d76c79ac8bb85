"""Seats are booked in a session or not at all, by whichever door: ``reservations.domain.extensions``."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from classes.choosing import SeatChoice, current_choice, is_own_change
from classes.configuration import find_rules
from classes.enums import TierPays, WaitlistMode
from classes.finding import (
    SessionFacts,
    find_seat,
    find_session,
    find_session_at,
    find_title,
    has_plan,
    is_of_course,
    key_of,
    was_called_off,
)
from classes.models import Pass, PassUse, SeatBooking, Tier
from classes.pass_balance import lock_pass, require_credits
from classes.policies.windows import (
    Rules,
    find_closed_window,
    find_offer_end,
    is_free_to_cancel,
    is_in_time,
    is_waitlist_open,
)
from classes.pricing import (
    add_due_parts,
    count_sold_online,
    find_tier,
    keep_deposit,
    keep_free_end,
    pass_fields,
    price_fields,
)
from classes.refusals import REASONS, make_refusal, refuse_seat
from classes.seats import SeatFacts, keep_facts, read_agreed, resize_seat, take_facts, write_seat
from classes.selling import Selling, read_selling_of
from common.clock import epoch_minute
from common.transactions import readings_of_change
from reservations.domain.extensions import Extension, Offering, Proposal, Refusal
from reservations.enums import Source, Status
from reservations.exceptions import BookingRefused
from reservations.models import Reservation
from resources.bookables import Bookable
from scheduling.zones import from_minute, to_minute


class Seats(Extension):
    reasons = REASONS
    has_own_times = True

    def lock(self, proposal: Proposal) -> None:
        if not is_own_change():
            find_session(proposal, lock=True)

    def refusal(self, proposal: Proposal) -> Refusal | None:
        if is_own_change():
            return None
        session = find_session(proposal)
        if session is None:
            return make_refusal("session_not_available" if was_called_off(proposal) else "no_session")
        obstacle = next(filter(None, _list_obstacles(proposal, session)), "")
        return make_refusal(obstacle) if obstacle else None

    def price(self, proposal: Proposal, price: Mapping[str, Any]) -> Mapping[str, Any]:
        session = find_session(proposal)
        if session is None:
            return price
        seat = find_seat(proposal.reservation)
        tier, choice = _find_tier(session, seat), current_choice()
        is_new_hold = proposal.is_hold and proposal.reservation is None
        used_pass, credits = (None, 0) if is_new_hold else _take_pass(proposal, session, seat, choice)
        facts = SeatFacts(
            session,
            seat,
            tier,
            choice,
            _pays_plan(tier, seat, choice),
            used_pass,
            _look_at_pass(proposal, session, choice) if is_new_hold else None,
            credits,
        )
        keep_facts(facts, key_of(proposal.reservation))
        rules = _rules_of(proposal, session)
        if facts.used_pass or facts.wanted_pass:
            return keep_free_end(pass_fields(price, rules), proposal.reservation)
        agreed = _find_agreed(proposal, session, seat, tier)
        amount = agreed if choice.amount is None else choice.amount
        fields = price_fields(price, session, tier, proposal.span.party_size, rules, amount)
        if agreed is not None and seat is not None and proposal.reservation is not None:
            fields = keep_deposit(
                fields, proposal.reservation, Fraction(proposal.span.party_size, seat.seats)
            )
        if facts.pays_plan:
            zone = proposal.lines[0].bookable.zone
            fields = add_due_parts(fields, session, zone, _find_booked_on(proposal, zone), read_agreed(seat))
        return keep_free_end(fields, proposal.reservation)

    def record(self, reservation: Reservation) -> None:
        if is_own_change():
            return
        facts = take_facts(reservation)
        if facts is None:
            resize_seat(reservation)
        else:
            write_seat(facts, reservation)

    def offering(self, bookable: Bookable, start: int, end: int, now: datetime) -> Offering:
        session = find_session_at(bookable.id, start, end)
        rules = find_rules(
            bookable.venue_id,
            session.class_type_id if session else None,
            policy_id=session.policy_id if session else None,
        )
        minute = epoch_minute(now)
        if rules.waitlist_mode == WaitlistMode.OPEN:
            return Offering(is_offered=False)
        at_once = rules.waitlist_mode == WaitlistMode.AUTO and is_free_to_cancel(rules, start, minute)
        return Offering(from_minute(find_offer_end(rules, start, minute)), at_once)

    def title_at(self, bookable: Bookable, start: int, end: int) -> str:
        return find_title(bookable.id, start, end)

    def title(self, proposal: Proposal) -> str:
        session = find_session(proposal)
        return session.title if session else ""


def _list_obstacles(proposal: Proposal, session: SessionFacts) -> Iterator[str]:
    """In the order in which people want to hear them; each is looked up only if it may matter."""
    yield _find_closure(proposal, session)
    if proposal.reservation is not None and proposal.reservation.status != Status.HELD:
        seat = find_seat(proposal.reservation)
        yield "" if seat is None or seat.session_id == session.id else "stays_with_session"
    if session.has_tiers or current_choice().tier_id is not None:
        yield _find_tier_obstacle(proposal, session)
    if current_choice().pays_plan:
        yield "" if has_plan(session.id) else "plan_not_offered"
    if session.online_capacity is not None and not proposal.booker.is_staff:
        sold = count_sold_online(session.id, but=key_of(proposal.reservation))
        yield "online_full" if sold + proposal.span.party_size > session.online_capacity else ""


def _find_closure(proposal: Proposal, session: SessionFacts) -> str:
    minute = proposal.moment.minute
    if proposal.booker.is_staff or _takes_no_more(proposal):
        return ""
    if not session.is_published(minute) or session.start <= minute:
        return "session_not_available"
    rules = _rules_of(proposal, session)
    if proposal.actor.source != Source.WAITLIST:
        return find_closed_window(rules, proposal.span.start, minute)
    return "" if is_waitlist_open(rules, proposal.span.start, minute) else "waitlist_closed"


def _rules_of(proposal: Proposal, session: SessionFacts) -> Rules:
    return find_rules(
        proposal.venue_id, session.class_type_id, proposal.venue_catalog, policy_id=session.policy_id
    )


def _takes_no_more(proposal: Proposal) -> bool:
    """What was held or booked while it was open stays theirs."""
    before = proposal.reservation
    return (
        before is not None
        and proposal.span.party_size <= before.party_size
        and proposal.span.start == to_minute(before.starts_at)
    )


def _find_tier_obstacle(proposal: Proposal, session: SessionFacts) -> str:
    seat, choice, seats = find_seat(proposal.reservation), current_choice(), proposal.span.party_size
    tier = _find_tier(session, seat)
    if tier is None:
        # Whoever waits, or holds a seat, chooses when they book.
        is_only_held = proposal.is_hold and proposal.reservation is None
        if choice.tier_id is not None:
            return "tier_unknown"
        if not is_only_held:
            return "tier_needed"
        return "" if _read_selling(proposal, session).keeps(seats) else "tier_sold_out"
    # What they have stays theirs, whatever is sold by now.
    is_theirs = seat is not None and seat.is_active and seat.tier_id == tier.pk and seats <= seat.seats
    if not is_theirs and not tier.is_on_sale:
        return "tier_not_sold"
    if choice.pays_plan and tier.pays == TierPays.FULL:
        return "plan_not_offered"
    return "" if is_theirs or _read_selling(proposal, session).takes(seats, tier) else "tier_sold_out"


def _read_selling(proposal: Proposal, session: SessionFacts) -> Selling:
    return read_selling_of([session.id], but=key_of(proposal.reservation)).get(session.id, Selling())


def _find_tier(session: SessionFacts, seat: SeatBooking | None) -> Tier | None:
    chosen = find_tier(session.id, current_choice().tier_id)
    return chosen or (seat.tier if seat else None)


def _find_agreed(
    proposal: Proposal, session: SessionFacts, seat: SeatBooking | None, tier: Tier | None
) -> Decimal | None:
    """Who has seats, or holds them, pays what was said then; for more people the price of today counts."""
    before = proposal.reservation
    is_same = seat is not None and (seat.tier_id is not None or tier is None)
    if before is None or seat is None or not is_same or (tier and tier.pk != seat.tier_id):
        return None
    if seat.wanted_pass_id is not None or getattr(seat, "pass_use", None) is not None:
        return None
    agreed = before.total_amount * proposal.span.party_size / seat.seats
    more = proposal.span.party_size - seat.seats
    if more <= 0 or is_of_course(session.id):
        return agreed
    return before.total_amount + more * (tier.price if tier else session.price)


def _find_booked_on(proposal: Proposal, zone: ZoneInfo) -> date:
    before = proposal.reservation
    at = before.created_at if before else from_minute(proposal.moment.minute)
    return at.astimezone(zone).date()


def _pays_plan(tier: Tier | None, seat: SeatBooking | None, choice: SeatChoice) -> bool:
    is_same = tier is not None and seat is not None and seat.tier_id == tier.pk
    only_plan = tier is not None and tier.pays == TierPays.PLAN and not is_same
    return choice.pays_plan or only_plan or bool(seat and seat.pays_plan)


def _take_pass(
    proposal: Proposal, session: SessionFacts, seat: SeatBooking | None, choice: SeatChoice
) -> tuple[Pass | None, int]:
    """With the credits that the booking takes. Locked, last of all. Raises ``BookingRefused``."""
    use = getattr(seat, "pass_use", None)
    if seat and use and choice.pass_id in (None, use.used_pass_id):
        return _keep_pass(proposal, session, seat, use)
    wanted_id = seat.wanted_pass_id if seat and proposal.is_hold else None
    pass_id = choice.pass_id or wanted_id
    if pass_id is None or _is_quote():
        return None, 0
    needed = proposal.span.party_size
    return _require_pass(lock_pass(pass_id), proposal, session, needed=needed), needed


def _keep_pass(
    proposal: Proposal, session: SessionFacts, seat: SeatBooking, use: PassUse
) -> tuple[Pass | None, int]:
    """Only the difference counts, also where the pass was ended or a credit has been given back."""
    more = proposal.span.party_size - seat.seats
    if more < 0:
        _require_in_time(proposal, session)
    found: Pass | None = use.used_pass
    if not _is_quote():
        found = lock_pass(use.used_pass_id)
        # Whoever gives a credit back locks the pass, not the booking.
        use.refresh_from_db(fields=["credits", "returned_at"])
        if more > 0:
            _require_pass(found, proposal, session, needed=more)
    return found, max((0 if use.returned_at else use.credits) + more, 0)


def _require_in_time(proposal: Proposal, session: SessionFacts) -> None:
    """As where it is paid: whom cancelling gives no credit back gets none for a smaller group, either."""
    before, minute = proposal.reservation, proposal.moment.minute
    if before is None or before.status in (Status.HELD, Status.PENDING) or proposal.booker.is_staff:
        return
    is_free = any(minute < share.get("free_until", 0) for share in before.cancellation_terms)
    if not is_free and not is_in_time(_rules_of(proposal, session), session.start, minute):
        raise BookingRefused(_("It's too late to change this booking."), code="too_late_to_change")


def _is_quote() -> bool:
    return readings_of_change() is None


def _look_at_pass(proposal: Proposal, session: SessionFacts, choice: SeatChoice) -> Pass | None:
    """Chosen with a hold, which takes no credits yet. Raises ``BookingRefused``."""
    if choice.pass_id is None:
        return None
    found = Pass.objects.filter(pk=choice.pass_id).first()
    return _require_pass(found, proposal, session, needed=proposal.span.party_size)


def _require_pass(found: Pass | None, proposal: Proposal, session: SessionFacts, *, needed: int) -> Pass:
    user = proposal.customer.user
    if found is None or user is None or found.customer_id != user.pk or found.venue_id != proposal.venue_id:
        raise refuse_seat("pass_not_valid")
    on = session.starts_at.astimezone(proposal.lines[0].bookable.zone).date()
    return require_credits(
        found, needed=needed, type_id=session.class_type_id, on=on, is_retreat=session.is_retreat
    )
