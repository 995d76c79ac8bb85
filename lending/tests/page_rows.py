"""Something to see on each of lending's pages for everybody, at a venue of the permission table."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.models import User
from lending.models import Loan
from lending.tests.helpers import ask, in_minutes, lend_out, make_lending_rules, make_thing, rules_of
from resources.models import Resource, ResourceGroup
from tests.factories import make_group, make_user, make_whole

if TYPE_CHECKING:
    from tests.permissions.world import World


@dataclass(frozen=True)
class Shelf:
    """``scope``: free, by itself; ``bench``: in use by others, with a queue."""

    scope: Resource
    bench: Resource
    group: ResourceGroup
    kit: Resource
    having: Loan
    waiting: Loan


def fill(world: "World") -> Shelf:
    """Once for a world. The customer has something, waits for something, and has something overdue."""
    if "_shelf" not in world.__dict__:
        world.__dict__["_shelf"] = _fill(world)
    shelf: Shelf = world.__dict__["_shelf"]
    return shelf


def _fill(world: "World") -> Shelf:
    venue, customer = world.venue, world.customer
    scope = named(make_thing(venue, loan_period=600, lease=90), "Oscilloscope", "oscilloscope")
    rules = rules_of(scope)
    bench = named(
        make_thing(venue, make_lending_rules(venue, queue_lease=60, loan_period=90)), "Bench", "bench"
    )
    second = named(make_thing(venue, rules_of(bench)), "Bench 2", "bench-2")
    group = make_group([bench, second], name="Benches", slug="benches")
    kit = make_whole([second, named(make_thing(venue, rules), "Tripod", "tripod")], name="Kit", slug="kit")
    lend_out(kit, rules)
    had = named(make_thing(venue, rules, units=3), "Laptop", "laptop")
    ask(bench, others("Barbara Liskov"))
    ask(second, others("Annie Easley"))
    waiting = ask(bench, customer)
    ask(group, others("Karen Jones"))
    having = ask(had, customer, units=2, purpose="Thesis")
    late = named(make_thing(venue, make_lending_rules(venue, loan_period=10)), "Camera", "camera")
    ask(late, customer, now=in_minutes(-30))
    return Shelf(scope, bench, group, kit, having, waiting)


def named(thing: Resource, name: str, slug: str) -> Resource:
    thing.name, thing.slug = name, slug
    thing.save()
    return thing


def others(name: str) -> User:
    first, _blank, last = name.partition(" ")
    return make_user(first_name=first, last_name=last)
