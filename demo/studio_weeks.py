"""Six weeks of classes: four that are over, with who came, and two to come."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from uuid import uuid4

from accounts.models import User
from classes import services
from classes.choosing import SeatChoice
from classes.drafts import SessionDraft, draft_of_type
from classes.enums import PRODUCT, PlaceKind, SessionStatus, SessionType
from classes.models import ClassType, Facilitator, Pass, PassKind, PayRate, SeatBooking, Session, Studio
from classes.services.scheduling import create_sessions
from common.clock import now as clock_now
from demo.studio import (
    CLASSES,
    PASSES,
    PAY,
    POLICY,
    RETREAT_PLACE,
    RETREATS,
    STUDIOS,
    TEACHERS,
    ClassSpec,
    RetreatSpec,
)
from demo.studio_seats import Seats, choose_people
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from resources.models import CancellationPolicy, Venue
from resources.services.products import offer_products

DAYS_BACK, DAYS_AHEAD = 28, 14
BEFORE_ALL = timedelta(days=DAYS_BACK + 10)
FULLEST, EMPTIEST = 1.0, 0.35
FULL_CLASSES, CANCELLED, WITH_PASSES = 8, 3, 25
SETTLED_AFTER = timedelta(days=14)
PEOPLE = (
    "Alma Becker",
    "Ben Hartmann",
    "Cem Aydin",
    "Dora Lang",
    "Emil Sauer",
    "Frieda Kuhn",
    "Georg Pohl",
    "Hanna Seidel",
    "Ida Wolf",
    "Jan Petrov",
    "Klara Neumann",
    "Leon Fuchs",
    "Mara Vogt",
    "Nils Brandt",
    "Olga Ziegler",
    "Pia Roth",
    "Rafael Costa",
    "Sina Haas",
    "Tom Keller",
    "Uma Rao",
    "Vera Simon",
    "Willi Graf",
    "Yara Nasser",
    "Zoe Martin",
    "Anton Weiss",
    "Britta Kern",
    "Carlos Vega",
    "Dina Amir",
    "Erik Holm",
    "Fatma Kaya",
    "Gero Schulz",
    "Helen Adler",
    "Ivan Horvat",
    "Jule Franke",
    "Kofi Mensah",
    "Lena Busch",
    "Milan Novak",
    "Nele Voss",
    "Otto Engel",
    "Petra Lorenz",
)
STAFF = Actor(source=Source.IMPORT)


def hold_classes(venue: Venue, accounts: dict[str, User], customer: User, random: Random) -> int:
    """Returns how many seats are booked."""
    return _Weeks(venue, accounts, customer, random).play()


class _Weeks:
    def __init__(self, venue: Venue, accounts: dict[str, User], customer: User, random: Random) -> None:
        self.venue, self.accounts, self.customer, self.random = venue, accounts, customer, random
        self.now = clock_now().replace(second=0, microsecond=0)
        self.today = self.now.astimezone(venue.zone).date()
        self.began = self.now - BEFORE_ALL

    def play(self) -> int:
        self._furnish()
        self.people = [self._add_person(name) for name in PEOPLE]
        sessions = [session for spec in CLASSES for session in self._put_up(spec)]
        sessions.sort(key=lambda session: (session.starts_at, session.pk))
        seats = Seats(self.random, self.now)
        self._sell_passes(seats)
        ahead = [session for session in sessions if session.starts_at > self.now + timedelta(hours=20)]
        # A class in which one more may wait, and everybody's friends have seats.
        full = set(self.random.sample([each.pk for each in ahead if each.capacity <= 18], FULL_CLASSES))
        for session in sessions:
            share = FULLEST if session.pk in full else self.random.uniform(EMPTIEST, 0.9)
            for person in choose_people(self.random, self.people, round(session.capacity * share)):
                seats.add(session, person)
        number = seats.write()
        self._end_past()
        self._wait([session for session in ahead if session.pk in full])
        self._change([session for session in ahead if session.pk not in full])
        return number + sum(self._hold_retreat(spec) for spec in RETREATS)

    def _furnish(self) -> None:
        venue = self.venue
        offer_products(venue=venue, names=[PRODUCT])
        self.studios = {
            name: services.add_studio(venue=venue, name=name, seats=seats) for name, seats in STUDIOS.items()
        }
        rate = PayRate.objects.create(venue=venue, name="Usual", **PAY)
        self.teachers: dict[str, Facilitator] = {}
        for spec in TEACHERS:
            account = self.accounts.get(spec.email) or self._add_person(spec.name)
            teacher = services.register_facilitator(
                venue=venue,
                user=account,
                name=spec.name,
                bio=spec.bio,
                specialization=spec.specialization,
                is_approved=True,
                now=self.began,
            )
            self.teachers[spec.name] = services.set_pay_rate(facilitator=teacher, pay_rate=rate)
        policy = CancellationPolicy.objects.get(venue=venue, name=POLICY)
        self.types = {
            spec.title: ClassType.objects.create(
                venue=venue, title=spec.title, description=spec.description, policy=policy, **spec.fields
            )
            for spec in CLASSES
        }

    def _add_person(self, name: str) -> User:
        """Nobody can sign in as one of them."""
        first, last = name.split(" ")
        email = f"{first}.{last}@stillwater.example".lower()
        return User.objects.create_user(email, None, first_name=first, last_name=last)

    def _put_up(self, spec: ClassSpec) -> list[Session]:
        days = [self.today + timedelta(days=offset) for offset in range(-DAYS_BACK, DAYS_AHEAD)]
        drafts = [self._draft(spec, day) for day in days if str(day.weekday()) in spec.weekdays]
        return create_sessions(venue=self.venue, drafts=drafts, series=uuid4(), actor=STAFF, now=self.began)

    def _draft(self, spec: ClassSpec, day: date) -> SessionDraft:
        kind = self.types[spec.title]
        start = datetime.combine(day, spec.start, self.venue.zone)
        place: dict[str, Studio | PlaceKind] = (
            {"place": self.studios[spec.place]} if spec.place else {"place_kind": PlaceKind.ONLINE}
        )
        end = start + timedelta(minutes=kind.duration)
        return draft_of_type(kind, self.teachers[spec.teacher], start, end, **place)

    def _sell_passes(self, seats: Seats) -> None:
        kinds = [
            PassKind.objects.create(
                venue=self.venue, name=name, credits=credits, valid_days=days, price=Decimal(price)
            )
            for name, credits, days, price in PASSES
        ]
        owners = [self.customer, *choose_people(self.random, self.people, WITH_PASSES - 1)]
        for number, owner in enumerate(owners):
            sold: Pass = services.sell_pass(
                kind_id=kinds[number % len(kinds)].pk,
                customer=owner,
                actor=STAFF,
                is_paid=True,
                now=self.now - timedelta(days=self.random.randint(5, DAYS_BACK)),
            )
            seats.passes[owner.pk], seats.left[sold.pk] = sold, sold.credits

    def _end_past(self) -> None:
        """As the hour does, for all of them at once."""
        over = Session.objects.active().filter(venue=self.venue, ends_at__lte=self.now)
        ids = list(over.order_by("pk").values_list("pk", flat=True))
        Session.objects.filter(pk__in=ids).update(status=SessionStatus.COMPLETED, version=2)
        payouts = services.work_out_payouts(session_ids=ids)
        settled = [row for row in payouts if row.session.ends_at < self.now - SETTLED_AFTER]
        services.settle_payouts(payout_ids=[row.pk for row in settled], actor=STAFF)

    def _wait(self, sessions: Sequence[Session]) -> None:
        for session in sessions:
            seated = set(SeatBooking.objects.filter(session=session).values_list("customer", flat=True))
            others = [person for person in self.people if person.pk not in seated]
            for person in choose_people(self.random, others, self.random.randint(2, 5)):
                services.wait_for_seat(
                    session_id=session.pk, customer=Customer.from_user(person), actor=Actor(person)
                )

    def _change(self, sessions: Sequence[Session]) -> None:
        """Three are called off, two have a substitute, and the demo's customer has a seat."""
        for title, stand_in in (("Vinyasa Flow", "Eva Lindholm"), ("Yin Yoga", "Luca Moretti")):
            session = next(each for each in sessions if each.title == title)
            services.substitute(session_id=session.pk, facilitator=self.teachers[stand_in], actor=STAFF)
        off = [each for each in sessions if each.title in ("Breathwork", "Qigong", "Desk Stretch")]
        for session in self.random.sample(off, CANCELLED):
            services.cancel_session(session_id=session.pk, actor=STAFF, reason="The teacher is ill.")
        mine = next(each for each in sessions if each.title == "Morning Meditation")
        self._book(mine, self.customer, SeatChoice())

    def _book(self, session: Session, person: User, choice: SeatChoice) -> None:
        services.book_seat(
            session_id=session.pk, customer=Customer.from_user(person), actor=Actor(person), choice=choice
        )

    def _hold_retreat(self, spec: RetreatSpec) -> int:
        saturday = self.today + timedelta(days=7 * spec.weeks + (5 - self.today.weekday()) % 7)
        start = datetime.combine(saturday, time(10), self.venue.zone)
        draft = SessionDraft(
            self.teachers[spec.teacher],
            start,
            start + spec.length,
            spec.title,
            place_kind=RETREAT_PLACE,
            description=spec.description,
            session_type=SessionType.RETREAT,
            capacity=spec.capacity,
            price=spec.price,
            tiers=spec.tiers,
            plan=spec.plan,
        )
        session = services.create_session(venue=self.venue, draft=draft, actor=STAFF, now=self.began)
        tiers = list(session.tiers.all())
        for number, person in enumerate(choose_people(self.random, self.people, spec.people)):
            tier = tiers[number % 2] if tiers else None
            choice = SeatChoice(tier_id=tier.pk, pays_plan=number % 3 == 0) if tier else SeatChoice()
            self._book(session, person, choice)
        return spec.people
