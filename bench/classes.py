"""What classes cost beside booking: each figure next to one of the same run that it is meant to be near."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import count, cycle
from statistics import median
from time import perf_counter

from accounts.models import User
from bench.bookings import slot_start
from bench.catalog import load_anew
from bench.dashboard import measure_dashboard
from bench.lending import LendingCost, compare_medians, run_together, tidy
from bench.statistics import percentile
from bench.waiting import Measured, measure, sum_up
from bench.world import SLUG, World, build_world
from classes import services
from classes.drafts import SessionDraft
from classes.enums import PRODUCT
from classes.models import Facilitator, SeatBooking, Session, Studio
from classes.selectors import sessions_in_detail
from classes.services.scheduling import create_sessions
from classes.timetable import list_days
from common.clock import now as clock_now
from common.transactions import retried_atomic
from reservations.domain.values import Actor, Customer, ItemRequest, ReservationChanges
from reservations.enums import Source
from reservations.exceptions import CapacityReached
from reservations.models import Reservation
from reservations.services import book_reservation, change_reservation
from resources.models import Resource, Venue
from resources.services.products import offer_products

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STAFF = Actor(source=Source.STAFF)
MOST, AT_ONCE = 500, 200
FIVE, MOVED, TEACHERS = 5, 30, 20


def measure_classes(today: date, repeat: int, people: int, clients: int, sessions: int) -> list[LendingCost]:
    """``sessions``: how many there are in the end."""
    bench = _Bench(build_world(12, today), people, clients)
    few = bench.measure_seats(repeat)
    costs = [compare_medians("booking a seat", few["seats"], "booking", few["booking"], "<= 1.5")]
    costs += [*bench.measure_many(min(repeat, 5), people), bench.measure_line(min(repeat, 3), people)]
    costs += [bench.measure_week(repeat), *bench.measure_rush(clients, few["seats"])]
    return [*costs, *bench.measure_growth(repeat, sessions, few), measure_dashboard(repeat, bench.venue)]


class _Bench:
    def __init__(self, world: World, people: int, clients: int) -> None:
        self.world = world
        self.venue = Venue.objects.get(slug=SLUG)
        offer_products(venue=self.venue, names=[PRODUCT])
        users = [
            User(email=f"person{number}@example.com", username=f"person{number}", password="!")
            for number in range(max(FIVE * people, clients) + 100)
        ]
        User.objects.bulk_create(users, batch_size=500)
        self.people, self.turn = users, cycle(users)
        self.room = Resource.objects.get(pk=world.resource_ids[0])
        self.numbers, self.days = count(), count(1)
        self.studio = services.add_studio(venue=self.venue, name="Hall", seats=MOST)
        self.teacher = self._add_teacher("Mia", users[0])

    def _add_teacher(self, name: str, user: User) -> Facilitator:
        return services.register_facilitator(venue=self.venue, user=user, name=name, is_approved=True)

    def _start(self, day: int, hour: int = 10) -> datetime:
        return datetime.combine(self.world.today + day * DAY, time(hour), self.venue.zone)

    def _draft(
        self, start: datetime, teacher: Facilitator, studio: Studio, capacity: int = MOST
    ) -> SessionDraft:
        price = Decimal(25)
        return SessionDraft(
            teacher, start, start + HOUR, "Yoga", place=studio, capacity=capacity, price=price
        )

    def _put_up(self, capacity: int = MOST) -> Session:
        draft = self._draft(self._start(next(self.days)), self.teacher, self.studio, capacity)
        return services.create_session(venue=self.venue, draft=draft, actor=STAFF)

    def _take(self, session: Session, person: User) -> SeatBooking:
        person = copy(person)  # as each request reads whoever sent it: what they may do is asked once in each
        customer = Customer.from_user(person)
        return services.book_seat(session_id=session.pk, customer=customer, actor=Actor(person))

    def _book(self, person: User) -> Reservation:
        person = copy(person)
        start = slot_start(self.world.now, next(self.numbers))
        return book_reservation(
            venue_id=self.world.venue_id,
            items=[ItemRequest(self.room.pk)],
            start=start,
            end=start + HOUR,
            customer=Customer.from_user(person),
            actor=Actor(person),
            now=self.world.now,
        )

    def measure_seats(self, repeat: int) -> dict[str, list[Measured]]:
        """In turns, so that what disturbs one disturbs both."""
        session, costs = self._put_up(), defaultdict(list)
        self._take(session, self.people[1])
        for number in range(repeat + 1):
            person = self.people[2 + number]
            costs["seats"].append(measure(partial(self._take, session, person)))
            costs["booking"].append(measure(partial(self._book, person)))
        return {name: side[1:] for name, side in costs.items()}

    def measure_many(self, repeat: int, people: int) -> Iterator[LendingCost]:
        """Beside as many seats of another session, cancelled one by one by staff, and beside one move."""
        costs: dict[str, list[Measured]] = defaultdict(list)
        moving = f"moving one with {min(people, MOVED)} people"
        for _ in range(repeat + 1):
            off, moved = self._fill_session(people), self._fill_session(min(people, MOVED))
            seats = SeatBooking.objects.filter(session=self._fill_session(people))
            single = self._book(self.people[1])
            later = moved.starts_at + 2 * HOUR
            changes = services.SessionChanges(starts_at=later, ends_at=later + HOUR)
            move = partial(services.change_session, session_id=moved.pk, changes=changes, actor=STAFF)
            costs[moving].append(measure(move))
            costs["one move"].append(measure(partial(self._move, single)))
            cancel = partial(services.cancel_session, session_id=off.pk, actor=STAFF)
            costs["calling off"].append(measure(cancel))
            one_by_one = [measure(partial(self._give_up, seat)) for seat in seats]
            costs["one by one"].append(sum_up(one_by_one))
        sides = {name: side[1:] for name, side in costs.items()}
        name = f"calling off a session of {people}"
        yield compare_medians(name, sides["calling off"], "one by one", sides["one by one"], "<= 0.1")
        yield compare_medians(moving, sides[moving], "one move", sides["one move"], "<= 6")

    def _fill_session(self, people: int) -> Session:
        session = self._put_up()
        for person in self.people[:people]:
            self._take(session, person)
        return session

    def measure_line(self, repeat: int, people: int) -> LendingCost:
        """Five times as many people, by the person."""
        sides: dict[int, list[Measured]] = {people: [], FIVE * people: []}
        for _ in range(repeat):
            for number, costs in sides.items():
                session = self._fill_session(number)
                cancel = partial(services.cancel_session, session_id=session.pk, actor=STAFF)
                costs.append(measure(cancel))
        few, many = (median(each.cpu for each in costs) for costs in sides.values())
        name = f"calling off a session of {FIVE * people}"
        statements = median(each.statements for each in sides[FIVE * people])
        return LendingCost(name, statements, many, f"{FIVE} of {people}", many / FIVE / few, "<= 1.1")

    def _move(self, reservation: Reservation) -> None:
        start = slot_start(self.world.now, next(self.numbers))
        changes = ReservationChanges(start=start, end=start + HOUR, keep_price=True)
        change_reservation(reservation_id=reservation.pk, changes=changes, actor=STAFF, now=self.world.now)

    def _give_up(self, seat: SeatBooking) -> None:
        services.cancel_booking(booking_id=seat.pk, actor=STAFF, waive_fee=True)

    def measure_week(self, repeat: int) -> LendingCost:
        """Forty sessions, as anybody sees them, beside the rows alone."""
        teacher, studio = self._add_teacher("Week", self.people[3]), self._add_studio("Week")
        begin = 300
        spots = [self._start(begin + day, hour) for day in range(5) for hour in range(8, 16)]
        drafts = [self._draft(start, teacher, studio, 12) for start in spots]
        create_sessions(venue=self.venue, drafts=drafts, series=None, actor=STAFF, now=clock_now())
        first, start, end = self.world.today + begin * DAY, self._start(begin, 0), self._start(begin + 7, 0)
        rows = sessions_in_detail().filter(starts_at__gte=start, starts_at__lt=end, venue=self.venue)
        shown, raw = list[Measured](), list[Measured]()
        for _ in range(repeat + 1):
            shown.append(measure(lambda: list_days(self.venue, first, self.people[0], clock_now())))
            raw.append(measure(lambda: list(rows.all())))
        return compare_medians("a week of 40 sessions", shown[1:], "their rows", raw[1:], "<= 1.5")

    def _add_studio(self, name: str) -> Studio:
        return services.add_studio(venue=self.venue, name=name, seats=40)

    def measure_rush(self, clients: int, alone: Sequence[Measured]) -> Iterator[LendingCost]:
        """All want one of fewer seats, against as many bookings of one room; nobody hears of being busy."""
        session, waits = self._put_up(capacity=clients * 5 // 16), list[float]()

        def take(person: User) -> int:
            began = perf_counter()
            try:
                self._take(session, person)
            except CapacityReached:
                return 1
            finally:
                waits.append(perf_counter() - began)
            return 0

        def book(person: User) -> int:
            self._book(person)
            return 0

        rivals = self.people[10 : 10 + clients]
        seconds, turned_away = run_together(take, rivals)
        other, _none = run_together(book, rivals)
        sold = SeatBooking.objects.active().filter(session=session).count()
        if sold != session.capacity or turned_away != clients - sold:
            raise RuntimeError(f"{sold} seats sold of {session.capacity}, {turned_away} turned away.")
        name = f"{clients} clients want {sold} seats, answers a second"
        yield LendingCost(name, 0, clients / seconds, "bookings a second", other / seconds, ">= 0.5")
        p95, one = percentile(sorted(waits), 95), median(each.seconds for each in alone)
        against = f"{clients} one after the other"
        yield LendingCost("p95 of their waits, ms", 0, p95 * 1000, against, p95 / one / clients, "<= 3")

    def measure_growth(
        self, repeat: int, sessions: int, few: Mapping[str, Sequence[Measured]]
    ) -> list[LendingCost]:
        """Two hundred at once, until there are so many; then a seat again, and what the venue is.

        What is measured minutes apart is compared by what was measured in turns with each, since the machine
        has not stayed the same.
        """
        pairs = [
            (self._add_teacher(f"Teacher {number}", self.people[number + 5]), self._add_studio(f"S{number}"))
            for number in range(TEACHERS)
        ]
        before = self._know_venue(repeat)
        made = self._fill(sessions, pairs)
        tidy()
        after, many = self._know_venue(repeat), self.measure_seats(repeat)
        value = median(each.cpu for each in made)
        statements = median(each.statements for each in made)
        name = f"booking a seat, {sessions:,} sessions"
        return [
            LendingCost(f"putting up {AT_ONCE} sessions", statements, value, "2 s", value / 2, "<= 1"),
            _compare_shares(name, many, "with a few", few, "<= 1.1"),
            _compare_shares("knowing the venue with them", after, "without", before, "<= 1.05"),
        ]

    def _know_venue(self, repeat: int) -> dict[str, list[Measured]]:
        """The second side is of the venue's resources alone, which stay as they are."""
        sides: dict[str, list[Measured]] = {"catalog": [], "rows": []}
        for _ in range(repeat + 1):
            sides["catalog"].append(measure(partial(load_anew, self.world)))
            sides["rows"].append(measure(partial(_build_resources, self.venue)))
        return {name: side[1:] for name, side in sides.items()}

    def _fill(self, sessions: int, pairs: Sequence[tuple[Facilitator, Studio]]) -> list[Measured]:
        """Of several teachers, from eight in the morning, in the years to come."""
        costs: list[Measured] = []
        create = retried_atomic(create_sessions)  # as whoever calls it
        each = sessions // TEACHERS
        at_once = min(AT_ONCE, each)
        for teacher, studio in pairs:
            for first in range(0, each, at_once):
                spots = range(first, first + at_once)
                drafts = [
                    self._draft(self._start(400 + spot // 8, 8 + spot % 8), teacher, studio, 12)
                    for spot in spots
                ]
                make = partial(create, venue=self.venue, drafts=drafts, series=None, actor=STAFF)
                costs.append(measure(partial(make, now=clock_now())))
        return costs


def _build_resources(venue: Venue) -> None:
    for _ in range(5):
        list(Resource.objects.filter(venue=venue))


def _compare_shares(
    name: str,
    ours: Mapping[str, Sequence[Measured]],
    against: str,
    theirs: Mapping[str, Sequence[Measured]],
    goal: str,
) -> LendingCost:
    """Of each the first side by its second."""
    shares = [
        median(each.cpu for each in first) / median(each.cpu for each in second)
        for first, second in (ours.values(), theirs.values())
    ]
    first = next(iter(ours.values()))
    value, statements = median(each.cpu for each in first), median(each.statements for each in first)
    return LendingCost(name, statements, value, against, shares[0] / shares[1], goal)
