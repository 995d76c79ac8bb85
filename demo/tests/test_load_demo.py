"""The demo is complete, honest about its password, safe to load twice, and overfills nothing."""

import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from io import StringIO
from tempfile import TemporaryDirectory
from unittest import mock

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from accounts.models import User
from classes.dashboard import read_metrics
from classes.enums import Attendance
from classes.models import Facilitator, Instalment, Pass, SeatBooking, Session
from classes.pass_balance import count_left
from classes.selectors import count_booked, count_free, waiting_for
from common.clock import now
from common.periodic import run_all_jobs
from demo.people import CUSTOMER, FACILITATOR, MANAGER, STAFF, create_accounts
from demo.studio import STUDIO
from lending.models import Copy, Loan, LoanEvent, Queue
from notifications.enums import MessageStatus
from notifications.models import Message
from payments.models import Payment
from reservations.enums import Purpose, Status
from reservations.models import Allocation, Reservation
from resources.enums import Approval, Audience, ChoiceRule, ResourceKind, Role
from resources.models import (
    AvailabilityOverride,
    BookingRules,
    Holiday,
    OpeningHours,
    PriceRule,
    Resource,
    ResourceGroup,
    Venue,
    VenueMembership,
)
from tests.tables import strangers

PASSWORD = "a password of one's own"
CHEAP = ["django.contrib.auth.hashers.MD5PasswordHasher"]
VARIABLE = "HOLDFAST_DEMO_PASSWORD"
TIMES = ("requested_at", "approved_at", "ended_at")
COUNTED = (User, Venue, Resource, Reservation, Allocation, Payment, Holiday, VenueMembership)


def run(**options: bool) -> str:
    out = StringIO()
    call_command("load_demo", stdout=out, **options)
    return out.getvalue()


class TestLoadedDemo(TestCase):
    """Loaded once for all of these: it takes seconds."""

    output: str
    began: datetime

    @classmethod
    def setUpTestData(cls) -> None:
        cls.began = now()
        # The suite's own hashers are set for each test, later than this.
        media = cls.enterClassContext(TemporaryDirectory())
        cls.enterClassContext(override_settings(PASSWORD_HASHERS=CHEAP, MEDIA_ROOT=media))
        with mock.patch.dict("os.environ", {VARIABLE: PASSWORD}):
            cls.output = run()

    def test_there_is_something_of_every_kind_in_two_zones_and_currencies(self) -> None:
        assert set(Resource.objects.values_list("kind", flat=True)) == set(ResourceKind.values)
        assert Resource.objects.count() >= 25
        assert len({venue.zone_name for venue in Venue.objects.all()}) == 2
        assert len({venue.currency for venue in Venue.objects.all()}) == 2

    def test_every_row_names_the_venue_of_what_it_belongs_to(self) -> None:
        assert strangers() == []

    def test_everything_written_would_also_pass_the_forms(self) -> None:
        for model in (Venue, Resource, BookingRules, PriceRule, OpeningHours, AvailabilityOverride, User):
            for row in model._default_manager.all():
                row.full_clean(exclude=["photo", "logo", "password"])

    def test_rules_groups_and_hours_are_of_many_sorts(self) -> None:
        assert set(BookingRules.objects.values_list("approval", flat=True)) == set(Approval.values)
        assert set(BookingRules.objects.values_list("audience", flat=True)) == set(Audience.values)
        assert set(ResourceGroup.objects.values_list("choice_rule", flat=True)) == set(ChoiceRule.values)
        assert OpeningHours.objects.filter(is_available=False).exists()
        assert set(AvailabilityOverride.objects.values_list("is_available", flat=True)) == {True, False}
        assert set(Holiday.objects.values_list("country", flat=True)) == {"DE", "US"}

    def test_every_place_has_a_picture_of_its_own_and_every_venue_a_face(self) -> None:
        # Seats and rooms of classes, and their teachers' time, stand in no list.
        places = Resource.objects.exclude(venue__slug=STUDIO.slug)
        photos = list(places.values_list("photo", flat=True))
        assert len(set(photos)) == len(photos) > 20
        faces = list(Venue.objects.values_list("color", "logo", "logo_width"))
        assert len(set(faces)) == len(faces)
        assert all(all(face) for face in faces)

    def test_nobody_is_written_to(self) -> None:
        assert set(Message.objects.values_list("status", flat=True)) <= {MessageStatus.CANCELLED}
        known = set(Message.objects.values_list("pk", flat=True))
        run_all_jobs(self.began + timedelta(minutes=2))
        assert not Message.objects.exclude(pk__in=known).exists()

    def test_a_month_is_booked_in_several_states(self) -> None:
        booked = Reservation.objects.filter(purpose=Purpose.BOOKING).exclude(venue__slug=STUDIO.slug)
        found = Counter(booked.values_list("status", flat=True))
        assert 250 <= found.total() <= 450
        expected = {"pending", "confirmed", "checked_in", "completed", "cancelled", "no_show"}
        assert expected <= found.keys()
        assert found["completed"] > found["cancelled"] + found["no_show"]
        assert Payment.objects.count() > 20

    def test_states_fit_the_time(self) -> None:
        at = now()
        over = Reservation.objects.filter(ends_at__lte=self.began).exclude(purpose=Purpose.SESSION)
        past = set(over.values_list("status", flat=True))
        assert past <= {Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED}
        ahead = set(Reservation.objects.filter(starts_at__gt=at).values_list("status", flat=True))
        assert ahead <= {Status.CONFIRMED, Status.PENDING, Status.CANCELLED}
        running = Reservation.objects.filter(starts_at__lte=self.began, ends_at__gt=at)
        assert running.filter(status=Status.CHECKED_IN).exists()

    def test_history_runs_forward_and_ends_in_the_state(self) -> None:
        for reservation in Reservation.objects.prefetch_related("events"):
            events = list(reservation.events.all())
            times = [event.at for event in events]
            assert times == sorted(times)
            assert times[-1] <= now()
            assert events[-1].new_status == reservation.status

    def test_no_leaf_is_ever_above_its_limit(self) -> None:
        changes: dict[int, Counter[int]] = defaultdict(Counter)
        for leaf, units, b0, b1 in occupied():
            changes[leaf][b0] += units
            changes[leaf][b1] -= units
        limits = {each.pk: each.units * (100 + each.overbooking_percent) // 100 for each in leaves()}
        assert changes.keys() <= limits.keys()
        for leaf, deltas in changes.items():
            load = 0
            for minute in sorted(deltas):
                load += deltas[minute]
                assert 0 <= load <= limits[leaf]

    def test_the_accounts_work_with_the_password_that_was_given(self) -> None:
        for email in (MANAGER, STAFF, FACILITATOR, CUSTOMER):
            assert authenticate(username=email, password=PASSWORD)
        assert PASSWORD not in self.output
        assert VARIABLE in self.output

    def test_roles_are_as_the_names_say(self) -> None:
        members = VenueMembership.objects.exclude(user__email__endswith="@stillwater.example")
        roles = Counter(members.values_list("user__email", "role"))
        assert roles == {
            (MANAGER, Role.MANAGER): 4,
            (STAFF, Role.STAFF): 3,
            (FACILITATOR, Role.FACILITATOR): 1,
        }
        others = User.objects.exclude(email__regex="@(werkstatt|stillwater).example$")
        assert dict(others.values_list("email", "is_staff")) == {
            MANAGER: True,
            STAFF: True,
            FACILITATOR: False,
            CUSTOMER: False,
        }

    def test_the_customer_has_something_to_look_forward_to(self) -> None:
        mine = Reservation.objects.filter(customer__email=CUSTOMER, purpose=Purpose.BOOKING)
        assert 3 <= mine.count() <= 4
        assert all(each.starts_at > now() for each in mine)

    def test_something_of_each_kind_is_lent_and_waited_for(self) -> None:
        loans = Loan.objects.all()
        past = loans.filter(status="returned")
        assert past.count() > 80
        assert past.filter(approved_at__lt=now() - timedelta(days=50)).exists()
        assert not Queue.objects.to_look_at(now()).filter(resource=None).exists()
        waiting = Counter(loans.waiting().values_list("queue__resource__slug", flat=True))
        assert waiting == {"printer-3d": 6, "test-bench-a": 2, "camera-kit": 1, "film-projector": 1}
        assert loans.waiting().filter(next_at__isnull=False).count() == 1
        out = {loan.thing.slug: loan for loan in loans.out() if loan.copy is None}
        assert [slug for slug, loan in out.items() if loan.is_overdue(now())] == ["oscilloscope"]
        assert LoanEvent.objects.filter(kind="overdue").count() == 1
        copies = Copy.objects.filter(loans__status="out").values_list("code", flat=True)
        assert sorted(copies) == ["DRL-01", "LAP-01", "LAP-02", "LAP-03"]
        assert Copy.objects.filter(state="repair").count() == 2
        mine = loans.live().filter(borrower__email=CUSTOMER)
        assert sorted(mine.values_list("status", flat=True)) == ["approved", "out", "requested"]

    def test_six_weeks_of_classes_are_booked_and_add_up(self) -> None:
        sessions = Session.objects.select_related("place__seats", "venue")
        states = Counter(sessions.values_list("status", flat=True))
        assert (states.total(), states["cancelled"]) == (6 * 34 + 2, 3)
        assert states["completed"] >= 4 * 34 - 5
        assert sessions.filter(substitute_for__isnull=False).count() == 2
        active = list(sessions.active())
        booked, free = count_booked(active), count_free(active)
        assert all(free[each.pk] == each.capacity - booked.get(each.pk, 0) for each in active)
        full = [each for each in active if not free[each.pk]]
        lines = [waiting_for(each).count() for each in full]
        assert len([length for length in lines if 2 <= length <= 5]) == 8
        seats = SeatBooking.objects.all()
        assert set(seats.values_list("attendance", flat=True)) == set(Attendance.values)
        assert not seats.filter(is_active=True, reservation__status=Status.NO_SHOW).exists()
        assert Pass.objects.count() == 25
        assert min(count_left(list(Pass.objects.all())).values()) >= 0
        retreat = sessions.get(title="Five Days of Silence")
        parts = Instalment.objects.filter(booking__session=retreat)
        for seat in seats.filter(session=retreat, pays_plan=True).select_related("reservation"):
            amounts = [part.amount for part in parts if part.booking_id == seat.pk]
            assert sum(amounts) == seat.reservation.total_amount
        john = Facilitator.objects.get(user__email=FACILITATOR)
        metrics = read_metrics(john, now=now())
        assert metrics.total_revenue > 1000
        assert metrics.payout > 0

    def test_nothing_of_the_past_is_still_out(self) -> None:
        begun = self.began - timedelta(days=10)
        assert Loan.objects.live().filter(approved_at__lt=begun).count() == 0
        for asked, given, ended in Loan.objects.exclude(ended_at=None).values_list(*TIMES):
            assert ended is not None
            assert asked <= (given or ended) <= ended < self.began

    def test_a_second_run_changes_nothing(self) -> None:
        before = fingerprint()
        assert "nothing needs doing" in run()
        assert "nothing needs doing" in run(if_empty=True)
        assert fingerprint() == before


def leaves() -> list[Resource]:
    return list(Resource.objects.filter(part_links__isnull=True))


def occupied() -> list[tuple[int, int, int, int]]:
    return [
        (row.resource_id, row.units, row.b0, row.b1)
        for row in Allocation.objects.all()
        if row.b0 is not None and row.b1 is not None
    ]


def fingerprint() -> list[object]:
    counts = [model._default_manager.count() for model in COUNTED]
    stamps = sorted(Venue.objects.values_list("config_stamp", flat=True))
    return [counts, stamps, sorted(User.objects.values_list("password", flat=True))]


def only_accounts(password: str) -> int:
    create_accounts(password)
    return 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the venues, where only the command's own answers matter."""
    monkeypatch.setattr("demo.management.commands.load_demo.load_demo", only_accounts)
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.django_db
@pytest.mark.usefixtures("quick")
class TestCommand:
    def test_a_generated_password_is_printed_once_and_works(self) -> None:
        output = run()
        found = re.search(r"^Password: (\S+) ", output, re.MULTILINE)
        assert found
        assert output.count(found[1]) == 1
        assert len(found[1]) >= 12
        assert authenticate(username=MANAGER, password=found[1])

    def test_if_empty_leaves_an_installation_in_use_alone(self) -> None:
        Venue.objects.create(name="Ours", slug="ours", time_zone="Asia/Tokyo", currency="JPY", country="JP")
        assert "in use" in run(if_empty=True)
        assert not User.objects.exists()

    def test_if_empty_leaves_an_owner_without_a_venue_alone(self) -> None:
        User.objects.create_superuser("owner@example.com", "theirs")
        assert "in use" in run(if_empty=True)
        assert not Venue.objects.exists()

    def test_accounts_of_somebody_else_are_not_taken_over(self) -> None:
        User.objects.create_user(MANAGER, "theirs")
        with pytest.raises(CommandError):
            run()
        assert authenticate(username=MANAGER, password="theirs")
