"""The workshop that lends: its past, and how it stands when the demo begins, at any hour of any day."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from accounts.models import User
from common.clock import now as clock_now
from demo.lending_past import DAYS_BACK, Past, on_web
from demo.workshop import LENDING_RULES, LENT
from lending import services
from lending.enums import PRODUCT
from lending.models import Lendable, LendingRules, Loan
from lending.only import set_only_lent
from resources.models import Resource, Venue
from resources.services.products import offer_products

BORROWERS = (
    ("Jonas", "Albrecht"),
    ("Aylin", "Celik"),
    ("Mateo", "Ribeiro"),
    ("Greta", "Vogel"),
    ("Omar", "Okafor"),
    ("Zofia", "Nowak"),
    ("Kiran", "Gupta"),
    ("Lotte", "Jansen"),
    ("Daniel", "Krüger"),
    ("Ines", "Marino"),
    ("Yusuf", "Tanaka"),
    ("Paula", "Schneider"),
)
Wishes = dict[str, Any]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def make_borrowers() -> list[User]:
    """Nobody can sign in as one of them."""
    return [
        User.objects.create_user(
            f"{first}.{last}@werkstatt.example".lower().replace("ü", "ue"),
            None,
            first_name=first,
            last_name=last,
        )
        for first, last in BORROWERS
    ]


def lend_things(venue: Venue) -> None:
    rules = {
        name: LendingRules.objects.create(venue=venue, name=name, **fields)
        for name, fields in LENDING_RULES.items()
    }
    for thing in Resource.objects.filter(venue=venue):
        lent = LENT[thing.slug]
        set_only_lent(thing, only=True)
        Lendable.objects.create(
            venue=venue,
            resource=thing,
            rules=rules[lent.rules],
            accessories=list(lent.accessories),
            value=Decimal(lent.value) if lent.value else None,
        )
        for code, state in lent.copies.items():
            services.add_copy(resource=thing, code=code, state=state)
    offer_products(venue=venue, names=[PRODUCT])


def play_lending(venue: Venue, customer: User, random: Random) -> int:
    """Returns how many loans there are."""
    people = make_borrowers()
    now = clock_now()
    past = Past(venue, people, random, now)
    _Present(past, customer, now).stage()
    past.play()
    Lendable.history.filter(venue=venue).update(history_date=now - timedelta(days=DAYS_BACK))
    services.watch_overdue(now=now)
    return Loan.objects.filter(venue=venue).count()


class _Present:
    """What stands out today: queues, something overdue, something to approve, something to fetch."""

    def __init__(self, past: Past, customer: User, now: datetime) -> None:
        self.past, self.customer, self.now = past, customer, now
        self.people = past.people
        self.today = now.astimezone(past.venue.zone).replace(minute=0, second=0, microsecond=0)

    def stage(self) -> None:
        self._stage_benches()
        self._stage_printer()
        self._stage_laptops()
        self._stage_kit()
        self._stage_late()
        self._stage_dates()

    def _ask(
        self, slug: str, person: User, ago: timedelta, *, is_fetched: bool = False, **fields: Any
    ) -> None:
        def ask(about: str, at: datetime) -> None:
            loan = services.request_loan(
                thing=self.past.things[slug], borrower=person, actor=on_web(person), now=at, **fields
            )
            self.past.staged.add(loan.pk)
            if is_fetched:
                self.past.plan(at + HOUR, self.past.fetch, loan)

        self.past.plan(self.now - ago, ask, slug)

    def _stage_benches(self) -> None:
        """Its lease runs out a few minutes after the start: then the next in line has it."""
        jonas, _aylin, mateo, greta = self.people[:4]
        self._ask("test-bench-a", jonas, timedelta(minutes=4), purpose="Firmware 2.1")
        self._ask("test-bench-a", mateo, timedelta(minutes=3), purpose="Nightly tests")
        self._ask("test-bench-a", greta, timedelta(minutes=2))

    def _stage_printer(self) -> None:
        """One has it, six wait; who has had it less comes first."""
        waiting = [*self.people[4:9], self.customer]
        self._ask("printer-3d", self.people[3], 5 * HOUR, purpose="Housings for the sensors")
        for number, person in enumerate(waiting):
            self._ask("printer-3d", person, 4 * HOUR - number * timedelta(minutes=25))

    def _stage_laptops(self) -> None:
        for person, ago in ((self.customer, 6 * DAY), (self.people[5], 5 * DAY), (self.people[8], 3 * DAY)):
            self._ask("laptops", person, ago, is_fetched=True, purpose="Course")
        self._ask("laptops", self.people[9], 3 * HOUR)  # ready to pick up
        self._ask("cordless-drills", self.people[10], DAY, is_fetched=True)

    def _stage_kit(self) -> None:
        """Somebody has the tripod, so the whole kit has to wait."""
        self._ask("tripod", self.people[6], DAY, is_fetched=True)
        self._ask("camera-kit", self.people[7], 6 * HOUR, purpose="A wedding")
        self._ask("darkroom-key", self.people[2], 2 * HOUR)

    def _stage_late(self) -> None:
        """Overdue for two days, and wanted by somebody else from tomorrow on."""
        self._ask("oscilloscope", self.people[11], 9 * DAY, is_fetched=True)
        wanted: Wishes = {"wanted_from": self.today + 30 * HOUR, "wanted_until": self.today + 54 * HOUR}
        self._ask("oscilloscope", self.people[1], timedelta(0), **wanted)

    def _stage_dates(self) -> None:
        at_ten = (self.today + DAY).replace(hour=10)
        spans = ((self.customer, 1, 3), (self.people[4], 5, 4), (self.people[9], 24, 6))
        for person, after, hours in spans:
            start = at_ten + after * HOUR
            dates: Wishes = {"wanted_from": start, "wanted_until": start + hours * HOUR}
            self._ask("cargo-trike", person, timedelta(0), purpose="Moving house", **dates)
        film = at_ten + 4 * DAY + 8 * HOUR
        dates = {"wanted_from": film, "wanted_until": film + 6 * HOUR}
        self._ask("film-projector", self.people[7], HOUR, purpose="Film evening in the yard", **dates)
        self._ask("film-projector", self.people[0], HOUR / 2, purpose="A talk on Friday")
