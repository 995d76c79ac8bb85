"""A desk with something in each of its columns."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.clock import now
from lending import services
from lending.models import Copy, Lendable, Loan
from lending.tests.helpers import STAFF, ask, make_thing
from resources.enums import Role
from resources.models import Resource, Venue
from tests.factories import make_member, make_user, make_venue, open_always

BEGIN = {"resource": "", "name": "Drill", "rules": "new:open", "accessories": "Case\nCase\n Bits "}
"""How a manager begins to lend."""


@dataclass(frozen=True)
class Desk:
    venue: Venue
    staff: User
    client: Client

    def address(self, name: str = "lend-desk", *args: Any) -> str:
        return reverse(name, args=[self.venue.slug, *args])

    def get(self, query: str = "", name: str = "lend-desk", *args: Any) -> Any:
        return self.client.get(self.address(name, *args) + query)

    def post(self, data: dict[str, Any], name: str = "lend-desk", *args: Any) -> Any:
        return self.client.post(self.address(name, *args), data)

    def scan(self, code: str, proposed: str = "") -> Any:
        return self.post({"action": "scan", "code": code, "proposed": proposed})

    def on(self, loan: Loan, **data: Any) -> Any:
        """A step on the page of the loan itself."""
        loan.refresh_from_db()
        return self.post({"version": loan.version} | data, "lend-desk-loan", loan.uuid)


def make_desk(role: str = Role.STAFF) -> Desk:
    venue = make_venue()
    open_always(venue)
    staff, client = make_member(venue, role), Client()
    client.force_login(staff)
    return Desk(venue, staff, client)


def text(answer: Any) -> str:
    found: str = answer.content.decode()
    return found


def person(name: str) -> User:
    first, _blank, last = name.partition(" ")
    return make_user(f"{first.lower()}@people.example", first_name=first, last_name=last)


def thing(desk: Desk, name: str, **rules: Any) -> Resource:
    made = make_thing(desk.venue, **rules)
    Resource.objects.filter(pk=made.pk).update(name=name, slug=name.lower().replace(" ", "-"))
    made.refresh_from_db()
    return made


def laptops(desk: Desk, **rules: Any) -> tuple[Resource, Copy, Copy]:
    """Two with codes, which are fetched at the desk and come with a charger and a bag."""
    made = thing(desk, "Laptop", **({"pickup_window": 60, "loan_period": 1440} | rules))
    Lendable.objects.filter(resource=made).update(accessories=["Charger", "Bag"])
    copies = [services.add_copy(resource=made, code=code) for code in ("L-01", "L-02")]
    made.refresh_from_db()
    return made, copies[0], copies[1]


def hand_out(loan: Loan, code: str = "", **more: Any) -> Loan:
    return services.hand_out(loan_id=loan.uuid, actor=STAFF, copy_code=code, **more)


@dataclass(frozen=True)
class Furnished:
    """Public ids of what ``furnish`` has made."""

    ready: Any
    overdue: Any
    queue: int
    laptop: Any


def furnish(venue: Venue) -> Furnished:
    """Something in each column, a queue of three, copies, and a loan that is over. Made once."""
    laptop = Resource.objects.filter(venue=venue, slug="laptop").first()
    if laptop is None:
        laptop = _furnish(venue)
    loans = Loan.objects.filter(venue=venue)
    ready = loans.get(resource=laptop, status="approved")
    overdue = loans.get(resource__slug="test-bench", status="out")
    return Furnished(ready.uuid, overdue.uuid, overdue.queue_id, laptop.uuid)


def _furnish(venue: Venue) -> Resource:
    desk = Desk(venue, make_user(), Client())
    laptop, _one, _two = laptops(desk)
    services.return_loan(loan_id=hand_out(ask(laptop), "L-01").uuid, actor=STAFF)
    ask(laptop, person("Ada Lovelace"), purpose="Thesis")
    hand_out(ask(laptop, person("Bob Frost")), "L-02", accessories=["Charger"])
    bench = thing(desk, "Test bench", loan_period=60)
    ask(bench, person("Cleo Sand"), now=now() - timedelta(hours=5))
    for name in ("Dora Hill", "Emil Brook", "Fay Stone"):
        ask(bench, person(name))
    services.suspend_loan(loan_id=Loan.objects.get(borrower__first_name="Emil").uuid, actor=STAFF)
    ask(thing(desk, "Beamer", approval="manual"), person("Gus Field"))
    lost = ask(thing(desk, "Drill"), person("Hana Wood"))
    services.mark_lost(loan_id=lost.uuid, actor=STAFF, reason="Stolen")
    return laptop
