"""The prices of a session that is put up already, and the plan by which they may be paid."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.utils.translation import gettext as _

from classes.drafts import TierDraft, check_plan, check_quotas, check_tiers
from classes.enums import SessionStatus
from classes.exceptions import HasBegun
from classes.finding import lock_sessions
from classes.models import PlanTerm, SeatBooking, Session, Tier
from classes.policies.plans import Term
from classes.selling import Selling, read_selling
from classes.services.scheduling import draft_of_tier, make_terms
from classes.signals import SessionChange, SessionNews, tell_sessions
from common.clock import now as clock_now
from common.inserting import insert_rows
from common.parsing import refuse
from common.transactions import retried_atomic
from notifications.services.writing import gather_messages
from reservations.domain.freeing import announcing_freed, note_freed
from reservations.domain.values import Actor
from reservations.exceptions import StaleVersion, TransitionNotAllowed
from scheduling.zones import to_minute


@dataclass(frozen=True, slots=True)
class PriceEdit:
    """``id`` of one that there is, as it is to be; without one it is new."""

    draft: TierDraft
    id: int | None = None


@retried_atomic
def change_prices(
    *,
    session_id: int,
    actor: Actor,
    tiers: Sequence[PriceEdit] | None = None,
    plan: Sequence[Term] | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Session:
    """All prices in their order, and the plan; None leaves them. Bookings keep what was agreed.

    Raises ``SessionNotFound``, ``StaleVersion``, ``TransitionNotAllowed``, ``HasBegun`` and ``InvalidInput``:
    a price that was ever booked is not taken away, only off sale, and none sells less than it has sold.
    """
    with announcing_freed(), gather_messages():
        [session] = lock_sessions([session_id])
        if version is not None and session.version != version:
            raise StaleVersion
        _require_open(session, now or clock_now())
        before = _read(session)
        edits = _keep_tiers(before) if tiers is None else tiers
        terms = _read_plan(session) if plan is None else plan
        _check(session, before, edits, terms)
        left = before.left
        _write_tiers(session, before, edits)
        _write_plan(session, terms)
        session.has_tiers = bool(edits)
        session.version += 1
        session.save(update_fields=["has_tiers", "version"])
        if _sells_more(left, _read(session).left):
            note_freed(session.venue_id, [_row_of(session)])
        change = SessionChange(session, SessionNews.CHANGED, actor, {"old": {}, "waiting": ()})
        tell_sessions([change])
    return session


def check_prices_sell(session: Session, capacity: int) -> None:
    """Raises ``InvalidInput`` where there are to be more seats than the prices of today sell."""
    selling = _read(session)
    drafts = [draft_of_tier(tier) for tier in selling.tiers]
    others = selling.count_others([tier.pk for tier in selling.tiers if tier.is_on_sale])
    check_quotas(drafts, capacity, others=others, field="capacity")


def list_booked(tier_ids: Collection[int]) -> set[int]:
    """Those of which there is a booking, also one that was cancelled."""
    rows = SeatBooking.objects.filter(tier__in=[*tier_ids]).order_by()
    return {id for id in rows.values_list("tier", flat=True) if id is not None}


def _require_open(session: Session, now: datetime) -> None:
    if session.status != SessionStatus.ACTIVE:
        raise TransitionNotAllowed
    if session.ends_at <= now:
        raise HasBegun


def _read(session: Session) -> Selling:
    return read_selling([session]).get(session.pk, Selling())


def _keep_tiers(selling: Selling) -> list[PriceEdit]:
    return [PriceEdit(draft_of_tier(tier), tier.pk) for tier in selling.tiers]


def _read_plan(session: Session) -> list[Term]:
    rows = PlanTerm.objects.filter(session=session)
    return [Term(row.percent, row.due_on, row.days_before) for row in rows]


def _check(session: Session, before: Selling, edits: Sequence[PriceEdit], terms: Sequence[Term]) -> None:
    drafts, known = [edit.draft for edit in edits], {tier.pk for tier in before.tiers}
    kept = [edit.id for edit in edits if edit.id is not None]
    if len(set(kept)) < len(kept) or not known.issuperset(kept):
        refuse("tiers", _("One of these prices is gone. Load the page again."))
    if before.tiers and not edits:
        refuse("tiers", _("Enter one price at least."))
    check_tiers(drafts, terms, session.venue.currency)
    for edit in edits:
        _check_sold(edit, before)
    _require_unbooked([tier for tier in before.tiers if tier.pk not in kept])
    on_sale = [edit.id for edit in edits if edit.id is not None and edit.draft.is_on_sale]
    check_quotas(drafts, session.capacity, others=before.count_others(on_sale))
    check_plan(terms, session.local_start.date())


def _check_sold(edit: PriceEdit, before: Selling) -> None:
    sold, quota = before.sold.get(edit.id or 0, 0), edit.draft.quota
    if quota is not None and quota < sold:
        text = _("%(name)s: %(sold)d are sold already. Enter %(sold)d or more.")
        refuse("tiers", text % {"name": edit.draft.name, "sold": sold})


def _require_unbooked(gone: Sequence[Tier]) -> None:
    booked = list_booked([tier.pk for tier in gone]) if gone else set()
    name = next((tier.name for tier in gone if tier.pk in booked), "")
    if name:
        refuse("tiers", _("%(name)s has been booked. Take it off sale instead.") % {"name": name})


def _write_tiers(session: Session, before: Selling, edits: Sequence[PriceEdit]) -> None:
    rows = {tier.pk: tier for tier in before.tiers}
    kept = {edit.id for edit in edits if edit.id is not None}
    Tier.objects.filter(pk__in=rows.keys() - kept).delete()
    for id in kept:  # two may swap their names
        Tier.objects.filter(pk=id).update(name=str(uuid4()))
    for position, edit in enumerate(edits):
        tier = rows[edit.id] if edit.id else Tier(venue_id=session.venue_id, session=session)
        draft = edit.draft
        tier.name, tier.price, tier.quota, tier.deposit = draft.name, draft.price, draft.quota, draft.deposit
        tier.pays, tier.is_on_sale, tier.position = draft.pays, draft.is_on_sale, position
        tier.save()


def _write_plan(session: Session, terms: Sequence[Term]) -> None:
    PlanTerm.objects.filter(session=session).delete()
    insert_rows(make_terms(session, terms))


def _sells_more(before: int | None, after: int | None) -> bool:
    """None is as many as there are seats."""
    return before is not None and (after is None or after > before)


def _row_of(session: Session) -> tuple[int, int, int, int]:
    """Whoever waits is asked again."""
    return session.place.seats_id, to_minute(session.starts_at), to_minute(session.ends_at), 1
