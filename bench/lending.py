"""What lending costs beside booking: each figure next to one of the same run that it is meant to be near."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count, cycle, islice
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import override_settings

from accounts.models import User
from bench.bookings import slot_start
from bench.calendar import PLAIN
from bench.waiting import Measured, measure, sum_up
from bench.world import SLUG, World, build_world
from common.clock import epoch_minute
from common.clock import now as clock_now
from common.errors import Conflict
from lending import selectors, services
from lending.enums import PRODUCT, Status
from lending.models import Lendable, LendingRules, Loan, Queue
from lending.occupying import read_busy
from lending.policies import ROLLING
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Purpose, Source
from reservations.enums import Status as Occupancy
from reservations.exceptions import TransitionNotAllowed
from reservations.models import Allocation, Reservation, ReservationItem
from reservations.services import book_reservation, cancel_reservation
from resources.models import Resource, Venue
from resources.services.products import offer_products

R = TypeVar("R")
IMPORTER = Actor(source=Source.IMPORT)
HOUR = timedelta(hours=1)
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class LendingCost:
    """``value`` in seconds of CPU unless ``name`` says otherwise; ``ratio`` to ``against``, meant to be
    ``goal`` ("<= 1.5").
    """

    name: str
    statements: float
    value: float
    against: str
    ratio: float
    goal: str


def measure_lending(
    today: date, repeat: int, people: int, clients: int, past: int, things: int
) -> list[LendingCost]:
    world = build_world(max(things, 12), today)
    bench = _Bench(world, people + clients)
    costs = [*bench.measure_pairs(repeat), bench.measure_queue(repeat, people)]
    costs.append(bench.measure_rush(repeat, clients))
    costs += [bench.measure_wait(repeat), bench.measure_past(repeat, past)]
    return costs + bench.measure_lists(repeat)


class _Bench:
    def __init__(self, world: World, people: int) -> None:
        self.world = world
        venue = Venue.objects.get(slug=SLUG)
        rules = LendingRules.objects.create(venue=venue, name="As long as it takes")
        ids = world.resource_ids
        Lendable.objects.bulk_create(
            [Lendable(venue=venue, resource_id=resource_id, rules=rules) for resource_id in ids]
        )
        offer_products(venue=venue, names=[PRODUCT])
        self.people = [
            User(email=f"person{number}@example.com", username=f"person{number}", password="!")
            for number in range(people + 100)
        ]
        User.objects.bulk_create(self.people, batch_size=500)
        single = [pk for index, pk in enumerate(ids) if not world.is_pool(index)]
        self.things: Iterator[Resource] = iter(Resource.objects.filter(pk__in=single).order_by("pk"))
        # Whoever gives something back may get what they wait for elsewhere, which would be measured with it.
        self.idle = iter(self.people)
        self.turn = cycle(islice(self.idle, 20))

    def _ask(self, thing: Resource, person: User, now: datetime | None = None) -> Loan:
        return services.request_loan(thing=thing, borrower=person, actor=Actor(person), now=now)

    def _release(self, loan: Loan, now: datetime | None = None) -> Loan:
        return services.return_loan(loan_id=loan.uuid, actor=Actor(loan.borrower), now=now)

    def _book(self, room: Resource, person: User, number: int) -> Reservation:
        """As a customer does, who is written to."""
        start = slot_start(self.world.now, number)
        return book_reservation(
            venue_id=self.world.venue_id,
            items=[ItemRequest(room.pk)],
            start=start,
            end=start + HOUR,
            customer=Customer.from_user(person),
            actor=Actor(person),
            now=self.world.now,
        )

    def measure_pairs(self, repeat: int) -> Iterator[LendingCost]:
        """In turns, so that what disturbs one disturbs both; each by whose it is.

        What is released was kept for an hour, as a booking lies ahead: within its first minute it has not
        even begun.
        """
        thing, wanted, room = next(self.things), next(self.things), next(self.things)
        costs: dict[str, list[Measured]] = defaultdict(list)
        self._fill_queue(wanted, 10)
        now = clock_now()
        for number in range(repeat + 1):
            person = next(self.turn)
            cost, reservation = _measure(partial(self._book, room, person, number))
            costs["booking"].append(cost)
            cost, loan = _measure(partial(self._ask, thing, person, now))
            costs["requesting what is free"].append(cost)
            now += HOUR
            cancel = partial(cancel_reservation, reservation_id=reservation.pk, actor=Actor(person))
            costs["cancelling"].append(measure(cancel))
            costs["releasing"].append(measure(partial(self._release, loan, now)))
            loan = Loan.objects.out().select_related("borrower").get(resource=wanted)
            costs["releasing to the next in line"].append(measure(partial(self._release, loan, now)))
            self._ask(wanted, loan.borrower, now)
        for loan in Loan.objects.waiting().filter(resource=wanted):
            services.cancel_loan(loan_id=loan.uuid, actor=IMPORTER)
        both = [sum_up(pair) for pair in zip(costs["cancelling"], costs["booking"], strict=True)]
        for name, against in (("requesting what is free", "booking"), ("releasing", "cancelling")):
            yield compare_medians(name, costs[name][1:], against, costs[against][1:], "<= 1.5")
        name = "releasing to the next in line"
        yield compare_medians(name, costs[name][1:], "cancelling and booking", both[1:], "<= 1.5")

    def measure_queue(self, repeat: int, people: int) -> LendingCost:
        """The next in line is served with each."""
        sides: list[tuple[list[Measured], Resource]] = []
        for waiting in (10, people):
            thing = next(self.things)
            self._fill_queue(thing, waiting)
            sides.append(([], thing))
        tidy()
        for _ in range(min(repeat, 9) + 1):
            for costs, thing in sides:
                loan = Loan.objects.out().select_related("borrower").get(resource=thing)
                costs.append(measure(partial(self._release, loan)))
                self._ask(thing, loan.borrower)
        few, many = (costs[1:] for costs, _thing in sides)
        return compare_medians(f"releasing with {people:,} waiting", many, "with 10 waiting", few, "<= 1.3")

    def _fill_queue(self, thing: Resource, waiting: int) -> None:
        first, second, *others = islice(self.idle, waiting + 1)
        out = self._ask(thing, first)
        self._ask(thing, second)
        queue = Queue.objects.get(resource=thing)
        at, begin = clock_now().replace(microsecond=0), Loan.objects.filter(queue=queue).latest("seq").seq
        rows = [
            Loan(
                venue_id=thing.venue_id,
                queue=queue,
                seq=begin + number,
                resource=thing,
                borrower=person,
                requested_at=at,
            )
            for number, person in enumerate(others, start=1)
        ]
        Loan.objects.bulk_create(rows, batch_size=500)
        assert out.status == Status.OUT

    def measure_rush(self, repeat: int, clients: int) -> LendingCost:
        """All ask for one thing at once, and give up or give back; against as many bookings of one room.

        In rounds, each on a thing and a room of its own: how long a lock is waited for depends on what else
        the machine does at that moment.
        """
        rounds, paces, ratios = min(ROUNDS, repeat), [], []
        turns, people = repeat // rounds, [*islice(self.idle, clients)]
        for _ in range(rounds):
            lending = self._rush_for_loans(next(self.things), turns, people)
            booking = self._rush_for_bookings(next(self.things), turns, people)
            paces.append(2 * turns * clients / lending)
            ratios.append(booking / lending)
        name = f"{clients} clients on one thing, changes a second"
        return LendingCost(name, 0, median(paces), "bookings a second", median(ratios), ">= 0.5")

    def _rush_for_loans(self, thing: Resource, turns: int, people: Sequence[User]) -> float:
        services.find_queue(thing)

        def lend(person: User) -> int:
            errors = 0
            for _ in range(turns):
                try:
                    self._end(self._ask(thing, person), person)
                except Conflict:
                    errors += 1
            return errors

        seconds, errors = run_together(lend, people)
        waiting = Loan.objects.waiting().filter(resource=thing).count()
        if errors or waiting:
            raise RuntimeError(f"{errors} errors, {waiting} still wait.")
        return seconds

    def _rush_for_bookings(self, room: Resource, turns: int, people: Sequence[User]) -> float:
        numbers = count()

        def book(person: User) -> int:
            for _ in range(2 * turns):
                self._book(room, person, next(numbers))
            return 0

        return run_together(book, people)[0]

    def _end(self, loan: Loan, person: User) -> None:
        """Whether it waits or is out may have changed since it was asked for."""
        try:
            if loan.status == Status.REQUESTED:
                services.cancel_loan(loan_id=loan.uuid, actor=Actor(person))
                return
        except TransitionNotAllowed:
            pass
        services.return_loan(loan_id=loan.uuid, actor=Actor(person))

    def measure_wait(self, repeat: int) -> LendingCost:
        thing = next(self.things)
        self._write_past(thing, 200)
        self._fill_queue(thing, 12)
        loan = Loan.objects.waiting().filter(resource=thing).latest("seq")
        estimates = [measure(lambda: selectors.expect(loan, clock_now())) for _ in range(repeat + 1)][1:]
        value = median(each.cpu for each in estimates)
        statements = median(each.statements for each in estimates)
        return LendingCost("a wait, worked out anew", statements, value, "5 ms", value / 0.005, "<= 1")

    def measure_past(self, repeat: int, past: int) -> LendingCost:
        used, unused = next(self.things), next(self.things)
        self._write_past(used, past)
        tidy()
        minute = epoch_minute(clock_now())
        sides: list[list[Measured]] = [[], []]
        for _ in range(repeat * 3 + 1):
            for side, thing in zip(sides, (used, unused), strict=True):
                side.append(measure(partial(read_busy, [thing.pk], minute, minute + ROLLING)))
        name = f"what is taken, after {past:,} loans"
        return compare_medians(name, sides[0][1:], "a new thing", sides[1][1:], "<= 2")

    def _write_past(self, thing: Resource, number: int) -> None:
        """An hour each, back to back, until yesterday."""
        queue = services.find_queue(thing)
        begin = clock_now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=number + 24)
        common: dict[str, Any] = {"venue_id": thing.venue_id}
        for first in range(0, number, 1000):
            hours = range(first, min(first + 1000, number))
            stays = [
                Reservation(
                    **common,
                    starts_at=begin + hour * HOUR,
                    ends_at=begin + (hour + 1) * HOUR,
                    status=Occupancy.COMPLETED,
                    purpose=Purpose.LOAN,
                    source=Source.IMPORT,
                    currency="EUR",
                    created_at=begin,
                )
                for hour in hours
            ]
            Reservation.objects.bulk_create(stays)
            ReservationItem.objects.bulk_create(
                [ReservationItem(**common, reservation=stay, resource=thing) for stay in stays]
            )
            Allocation.objects.bulk_create([_allocation(stay, thing) for stay in stays])
            borrowers = [next(self.turn) for _stay in stays]
            Loan.objects.bulk_create(
                [
                    Loan(
                        **common,
                        queue=queue,
                        seq=hour + 1,
                        resource=thing,
                        borrower=borrower,
                        status=Status.RETURNED,
                        requested_at=stay.starts_at,
                        approved_at=stay.starts_at,
                        ended_at=stay.ends_at,
                        reservation=stay,
                    )
                    for hour, stay, borrower in zip(hours, stays, borrowers, strict=True)
                ]
            )

    def measure_lists(self, repeat: int) -> list[LendingCost]:
        """The catalogue beside the list of resources, each of them whole."""
        user = User.objects.create_superuser("bench@example.com", "bench-bench-bench")
        client = Client(SERVER_NAME="localhost", raise_request_exception=False)
        client.force_login(user)
        paths = {
            "the catalogue by the API": f"/api/lending/things?venue={SLUG}&page_size=100",
            "the catalogue's page": f"/lend/?venue={SLUG}",
        }
        plain = f"/api/resources?venue={SLUG}&page_size=100"
        with override_settings(STORAGES=settings.STORAGES | {"staticfiles": PLAIN}):  # nothing was collected
            there = [(name, path) for name, path in paths.items() if client.get(path).status_code == 200]
            return [_compare_pages(client, name, path, plain, repeat) for name, path in there]


def _measure(act: Callable[[], R]) -> tuple[Measured, R]:
    """With what it returned."""
    results: list[R] = []
    return measure(lambda: results.append(act())), results[0]


def _compare_pages(client: Client, name: str, path: str, plain: str, repeat: int) -> LendingCost:
    pages, resources = list[Measured](), list[Measured]()
    for _ in range(min(repeat, 20) + 1):
        pages.append(measure(lambda: client.get(path)))
        resources.append(measure(lambda: client.get(plain)))
    return compare_medians(name, pages[1:], "/api/resources", resources[1:], "<= 2")


def _allocation(stay: Reservation, thing: Resource) -> Allocation:
    b0, b1 = epoch_minute(stay.starts_at), epoch_minute(stay.ends_at)
    return Allocation(venue_id=stay.venue_id, reservation=stay, resource=thing, b0=b0, b1=b1)


def compare_medians(
    name: str, ours: Sequence[Measured], against: str, theirs: Sequence[Measured], goal: str
) -> LendingCost:
    value, other = (median(each.cpu for each in side) for side in (ours, theirs))
    statements = median(each.statements for each in ours)
    return LendingCost(name, statements, value, against, value / other if other else 0.0, goal)


def run_together(act: Callable[[User], int], people: Sequence[User]) -> tuple[float, int]:
    """Seconds from the start of all to the end of the last, and errors."""
    gate = threading.Barrier(len(people) + 1)

    def run(person: User) -> int:
        gate.wait()
        try:
            return act(person)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as pool:
        jobs = [pool.submit(run, person) for person in people]
        gate.wait()
        began = perf_counter()
        errors = sum(job.result() for job in jobs)
    return perf_counter() - began, errors


def tidy() -> None:
    if connection.vendor == "postgresql":  # as its own housekeeping does before long
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
