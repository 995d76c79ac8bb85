"""Part of a loan comes back: some units, or parts of a whole; the rest stays out, due as before."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from lending.enums import Kind, Status
from lending.locking import Turn
from lending.models import Loan
from lending.occupying import leaves_of, split_occupancy
from lending.queueing import with_locked_loan
from lending.recording import record, require_status, require_version
from lending.services.returning import finish, require_returner
from reservations.domain.values import Actor

OF_PARTS = ("units", "parts", "reservation", "overdue_noted_at", "threatens")


def return_some(
    *,
    loan_id: UUID,
    actor: Actor,
    units: int = 0,
    part_ids: Collection[int] = (),
    by_staff: bool = False,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """So many ``units`` are back, or these parts of a whole: one or the other.

    Whoever brings back all of it has returned it. Raises as ``return_loan``.
    """
    at = now or clock_now()
    if bool(units) == bool(part_ids):
        raise InvalidInput(fields={"units": [_("Enter how many came back, or choose the parts.")]})

    def bring_back(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.OUT)
        terms = turn.terms.get(loan.resource_id or 0)
        require_returner(terms, by_staff=by_staff)
        before = (loan.units, [*loan.parts])
        left, parts = _find_rest(loan, turn, units, part_ids)
        if not left:
            finish(loan, turn, actor, Kind.RETURNED)
            return
        split_occupancy(loan, left, parts, actor, at, service_time=terms.service_time if terms else 0)
        changes = {"units": [before[0], loan.units], "parts": [before[1], loan.parts]}
        changes = {name: values for name, values in changes.items() if values[0] != values[1]}
        record(loan, kind=Kind.PARTED, actor=actor, now=at, changes=changes, fields=OF_PARTS)

    return with_locked_loan(loan_id, bring_back, now=at)[0]


def _find_rest(loan: Loan, turn: Turn, units: int, part_ids: Collection[int]) -> tuple[int, list[int]]:
    """Units and parts that are still out; no units: nothing is."""
    if units:
        if not 1 <= units <= loan.units:
            raise InvalidInput(fields={"units": [_("There are not that many.")]})
        return loan.units - units, [*loan.parts]
    out = [leaf.id for leaf in leaves_of(loan, turn.catalog.bookables[loan.resource_id or 0])]
    if not set(part_ids) <= set(out):
        raise InvalidInput(fields={"parts": [_("This part isn't out with this loan.")]})
    rest = [id for id in out if id not in part_ids]
    return (loan.units if rest else 0), rest
