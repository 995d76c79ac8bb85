"""Copies, and how many units a thing has because of them: written together."""

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from common.transactions import atomic_change
from lending.beginning import begin_those_at_risk
from lending.enums import HAVING, CopyState
from lending.exceptions import CopyTaken
from lending.locking import Turn, find_at_risk, lock_turn, locking_again, taking
from lending.models import Copy, Loan
from lending.queueing import promote
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
        _save(current)
        count_units(current.resource_id)
        return current

    return _with_thing(copy.resource, change, now or clock_now())


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
    if not copies.exists():
        return
    units = copies.filter(state=CopyState.IN_SERVICE).count()
    if units != resource.units:
        resource.units = units
        resource.save(update_fields=["units"])


def _with_thing(resource: Resource, change: Callable[[Turn], Copy], now: datetime) -> Copy:
    def act() -> Copy:
        at_risk = find_at_risk(resource.venue_id, [resource.pk], now)
        turn = lock_turn(
            resource.venue_id, (), now, reservation_ids=at_risk.values(), resource_ids=[resource.pk]
        )
        turn.at_risk = list(at_risk)
        with taking(turn):
            copy = change(turn)
            turn.refresh()
            begin_those_at_risk(turn)
            promote(turn)
        return copy

    return locking_again(act)
