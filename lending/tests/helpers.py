"""What lending's tests share."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from accounts.models import User
from common.clock import now
from lending.api.loans import make_context
from lending.api.shapes import LoanSerializer
from lending.enums import PRODUCT
from lending.models import Lendable, LendingRules, Loan
from lending.services import request_loan, return_loan
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Purpose, Source
from reservations.models import Reservation
from reservations.services import block_time
from resources.enums import ResourceKind
from resources.models import Resource, ResourceGroup, Venue
from resources.services.products import offer_products
from tests.factories import make_resource, make_user

_numbers = count(100_001)  # of as many digits: names sort as they were made
STAFF = Actor(source=Source.STAFF)
NOBODY = Actor()


def make_lending_rules(venue: Venue, **fields: Any) -> LendingRules:
    return LendingRules.objects.create(venue=venue, **({"name": f"Rules {next(_numbers)}"} | fields))


def lend_out(resource: Resource, rules: LendingRules) -> Lendable:
    return Lendable.objects.create(venue_id=resource.venue_id, resource=resource, rules=rules)


def make_thing(
    venue: Venue | None = None, rules: LendingRules | None = None, *, units: int = 1, **fields: Any
) -> Resource:
    """Something that is lent, in a venue that lends; ``fields`` are those of its rules."""
    thing = make_resource(venue, units=units, kind=ResourceKind.EQUIPMENT, name=f"Bench {next(_numbers)}")
    offer_products(venue=thing.venue, names=[PRODUCT])
    lend_out(thing, rules or make_lending_rules(thing.venue, **fields))
    return thing


def rules_of(thing: Resource) -> LendingRules:
    return Lendable.objects.select_related("rules").get(resource=thing).rules


def change_rules(thing: Resource, **fields: Any) -> None:
    rules = rules_of(thing)
    for name, value in fields.items():
        setattr(rules, name, value)
    rules.save()


def ask(thing: Resource | ResourceGroup, who: User | None = None, **fields: Any) -> Loan:
    return request_loan(thing=thing, borrower=who or make_user(), **({"actor": NOBODY} | fields))


def give_back(loan: Loan, **times: Any) -> Loan:
    return return_loan(loan_id=loan.uuid, actor=NOBODY, **times)


def fresh(loan: Loan) -> Loan:
    return Loan.objects.select_related("reservation", "resource").get(pk=loan.pk)


def list_offered(user: User, loan: Loan) -> list[str]:
    """What the API says can be done with it."""
    found = Loan.objects.for_display().get(pk=loan.pk)
    context = make_context([found], now()) | {"user": user}
    actions: list[str] = LoanSerializer(found, context=context).data["allowed_actions"]
    return actions


def occupied(loan: Loan) -> tuple[datetime, datetime]:
    found = fresh(loan).reservation
    assert found is not None
    return found.starts_at, found.ends_at


def starts_at(loan: Loan) -> datetime:
    return occupied(loan)[0]


def ends_at(loan: Loan) -> datetime:
    return occupied(loan)[1]


def block(thing: Resource, start: datetime, end: datetime) -> Reservation:
    """Booked by another product, or from another calendar."""
    return block_time(
        venue_id=thing.venue_id,
        items=[ItemRequest(thing.pk)],
        start=start,
        end=end,
        title="Maintenance",
        purpose=Purpose.BLOCK,
        actor=Actor(source=Source.IMPORT),
    )


def status(*loans: Loan) -> list[str]:
    found = dict(Loan.objects.values_list("pk", "status"))
    return [found[loan.pk] for loan in loans]


def minute(at: datetime | None = None) -> datetime:
    """The present whole minute."""
    return (at or now()).replace(second=0, microsecond=0)


def in_minutes(minutes: float, at: datetime | None = None) -> datetime:
    return minute(at) + timedelta(minutes=minutes)
