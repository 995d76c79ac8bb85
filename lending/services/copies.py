"""Copies, and how many units a thing has because of them: written together."""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from common.transactions import atomic_change
from lending.beginning import begin_those_at_risk
from lending.enums import HAVING, CopyState, Kind, Status
from lending.exceptions import CopyTaken
from lending.locking import Turn, find_at_risk, lock_turn, locking_again, taking
from lending.models import Copy, Loan
from lending.occupying import end, split_occupancy
from lending.queueing import promote
from lending.recording import Changes, record
from reservations.domain.values import SYSTEM
from reservations.enums import Status as Occupancy
from resources.models import Resource


def add_copy(
    *,
    resource: Resource,
    code: str,
    name: str = "",
    state: CopyState = CopyState.IN_SERVICE,
    note: str = "",
    now: datetime | None = None,
) -> Copy:
    """The first copy takes the place of the units that were counted before. Raises ``InvalidInput``."""

    def add(turn: Turn) -> Copy:
        copy = Copy(
            venue_id=resource.venue_id,
            resource=resource,
            code=code.strip(),
            name=name,
            state=state,
            note=note,
        )
        _save(copy)
        count_units(resource.pk)
        return copy

    return _with_thing(resource, add, now or clock_now())


def change_copy(
    *,
    copy: Copy,
    code: str | None = None,
    state: CopyState | None = None,
    name: str | None = None,
    note: str | None = None,
    now: datetime | None = None,
) -> Copy:
    """Into repair and back; who comes next is served at once.

    What is lost with a loan of which nobody said which copies went out is lost once: the loan's unit is this.

    Raises ``CopyTaken`` while somebody has it, and ``InvalidInput`` for a code that is used.
    """

    def change(turn: Turn) -> Copy:
        current = Copy.objects.get(pk=copy.pk)
        current.code = current.code if code is None else code.strip()
        current.name = current.name if name is None else name
        current.note = current.note if note is None else note
        if state is not None and state != current.state:
            if Loan.objects.filter(copy=current, status__in=HAVING).exists():
                raise CopyTaken
            current.state = state
            if state == CopyState.LOST:
                _take_from_lost(current, turn)
        _save(current)
        count_units(current.resource_id)
        return current

    lost = _find_lost(copy) if state == CopyState.LOST else ()
    return _with_thing(copy.resource, change, now or clock_now(), reservation_ids=lost)


def _find_lost(copy: Copy) -> list[UUID]:
    """What is booked for loans of its thing that are lost, as far as their units are still counted."""
    lost = Loan.objects.filter(resource=copy.resource_id, status=Status.LOST)
    found = lost.filter(reservation__status=Occupancy.CHECKED_IN).values_list("reservation_id", flat=True)
    return [id for id in found if id]


def _take_from_lost(copy: Copy, turn: Turn) -> None:
    """Their unit leaves service with the copy, so no longer is one kept for it."""
    rows = Loan.objects.filter(resource=copy.resource_id, status=Status.LOST)
    loans = rows.filter(reservation__in=list(turn.reservations)).order_by("pk")
    # First whoever is known to have had it, then those of whom nobody knows what they had.
    loan = min(loans, key=lambda each: (each.copy_id != copy.pk, each.copy_id or 0, each.pk), default=None)
    if loan is None or loan.reservation_id is None:
        return
    loan.reservation = turn.reservations[loan.reservation_id]
    if loan.units > 1:
        changes: Changes = {"units": [loan.units, loan.units - 1]}
        split_occupancy(loan, loan.units - 1, loan.parts, SYSTEM, turn.now)
    else:
        changes = {"copy": [loan.copy.code if loan.copy else "", copy.code]}
        end(loan, SYSTEM, turn.now)
        loan.copy = copy
    fields = ("units", "copy", "reservation")
    record(loan, kind=Kind.EDITED, actor=SYSTEM, now=turn.now, changes=changes, fields=fields)


def remove_copy(*, copy: Copy, now: datetime | None = None) -> None:
    """One that was never lent. Raises ``CopyTaken``."""

    def remove(turn: Turn) -> Copy:
        if Loan.objects.filter(copy=copy).exists():
            raise CopyTaken(_("This copy has been lent. Take it out of service instead."))
        copy.delete()
        count_units(copy.resource_id)
        return copy

    _with_thing(copy.resource, remove, now or clock_now())


def _save(copy: Copy) -> None:
    try:
        with atomic_change():
            copy.save()
    except IntegrityError as error:
        raise InvalidInput(fields={"code": [_("This code is used already.")]}) from error


def put_copy(copy: Copy, state: CopyState) -> None:
    """Under the thing's lock."""
    copy.state = state
    copy.save(update_fields=["state"])
    count_units(copy.resource_id)


def count_units(resource_id: int) -> None:
    resource = Resource.objects.get(pk=resource_id)
    copies = Copy.objects.filter(resource=resource)
    # Without copies it is counted as any other thing, of which there is one at least.
    is_counted = copies.exists()
    units = copies.filter(state=CopyState.IN_SERVICE).count() if is_counted else max(resource.units, 1)
    if units != resource.units:
        resource.units = units
        resource.save(update_fields=["units"])


def _with_thing(
    resource: Resource,
    change: Callable[[Turn], Copy],
    now: datetime,
    *,
    reservation_ids: Collection[UUID] = (),
) -> Copy:
    def act() -> Copy:
        at_risk = find_at_risk(resource.venue_id, [resource.pk], now)
        turn = lock_turn(
            resource.venue_id,
            (),
            now,
            reservation_ids=[*at_risk.values(), *reservation_ids],
            resource_ids=[resource.pk],
        )
        turn.at_risk = list(at_risk)
        with taking(turn):
            copy = change(turn)
            turn.refresh()
            begin_those_at_risk(turn)
            promote(turn)
        return copy

    return locking_again(act)
