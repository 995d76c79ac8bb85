"""What is lent, and by which rules."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from common.products import products
from common.transactions import retried_atomic
from common.venues import directory
from lending.enums import LIVE, PRODUCT, Status
from lending.locking import Turn, list_things, lock_turn, locking_again
from lending.models import Lendable, LendingRules, Loan
from lending.only import retire
from lending.presets import PRESETS
from resources.models import OfferedProduct, Resource, Venue
from resources.services.configuring import InUse, change_row, create_row

UNSET: Any = object()


@retried_atomic
def make_lendable(
    *,
    resource: Resource,
    rules: LendingRules,
    accessories: Sequence[str] = (),
    value: Decimal | None = None,
) -> Lendable:
    """People can borrow it from now on; the venue offers lending with its first thing.

    Raises ``InvalidInput``, also for what is lent already or for another venue's rules.
    """
    values = {"resource": resource, "rules": rules, "accessories": list(accessories), "value": value}
    with _own_names():
        lendable = create_row(model=Lendable, values={"venue_id": resource.venue_id, **values})
    if PRODUCT in products and not directory().offers(resource.venue_id, PRODUCT):
        OfferedProduct.objects.get_or_create(venue_id=resource.venue_id, product=PRODUCT)
    return lendable


def change_lendable(
    *,
    lendable: Lendable,
    rules: LendingRules | None = None,
    accessories: Sequence[str] | None = None,
    value: Decimal | None = UNSET,
) -> Lendable:
    """What is named; it counts for loans from now on, and who waits is looked at again.

    Raises ``InvalidInput``, ``NotFound``.
    """
    values: dict[str, Any] = {} if rules is None else {"rules": rules}
    values |= {} if accessories is None else {"accessories": list(accessories)}
    values |= {} if value is UNSET else {"value": value}
    with _own_names():
        return change_row(row=lendable, values=values)


@contextmanager
def _own_names() -> Iterator[None]:
    """What is wrong stands beside the argument, which is no ``rules_id``."""
    try:
        yield
    except InvalidInput as error:
        fields = {name.removesuffix("_id"): sentences for name, sentences in error.fields.items()}
        raise InvalidInput(error.message, fields=fields) from error


def stop_lending(*, lendable: Lendable, now: datetime | None = None) -> None:
    """What was lent stays in the books; what was only lent is inactive then, so that nobody books it.

    Raises ``InUse`` while people have it or wait for it.
    """

    def stop() -> None:
        turn = lock_turn(lendable.venue_id, (), now or clock_now(), resource_ids=[lendable.resource_id])
        if _is_needed(turn, lendable.resource_id):
            raise InUse(_("People have it or wait for it. Finish these loans first."))
        current = Lendable.objects.select_related("resource").get(pk=lendable.pk)
        current.delete()
        retire(current.resource)

    locking_again(stop)


def _is_needed(turn: Turn, resource_id: int) -> bool:
    unfinished = (*LIVE, Status.LOST)
    if Loan.objects.filter(resource=resource_id, status__in=unfinished).exists():
        return True
    emptied = [
        queue.pk
        for queue in turn.queues.values()
        if {thing.id for thing in list_things(queue, turn.catalog, only_active=False)} == {resource_id}
    ]
    return Loan.objects.filter(queue__in=emptied, status=Status.REQUESTED).exists()


def make_rules(*, venue: Venue, values: Mapping[str, Any]) -> LendingRules:
    """Raises ``InvalidInput``."""
    return create_row(model=LendingRules, values={"venue": venue, **values})


def change_rules(*, rules: LendingRules, values: Mapping[str, Any]) -> LendingRules:
    """Raises ``InvalidInput``, ``NotFound``."""
    return change_row(row=rules, values=values)


def find_or_make_rules(*, venue: Venue, preset: str) -> LendingRules:
    """Those of ``lending.presets``, unless the venue has some of that name."""
    name, values = PRESETS[preset]
    rules = LendingRules.objects.filter(venue=venue, name=str(name)).first()
    return rules or make_rules(venue=venue, values={"name": str(name), **values})
