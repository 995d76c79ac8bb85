"""Real demand on too few rooms: nobody is promised a room twice, and a cancelled one is sold again."""

from collections import Counter
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from common import clock
from demo.demand import Stay, move_ahead, parse_units, read_stays
from demo.hotel import build_hotel, stay_span
from demo.nights import count_room_nights
from demo.replay import replay_stays
from reservations import guard
from reservations.enums import Status
from reservations.models import Allocation, Reservation
from resources.models import Resource, Venue
from waitlist.models import WaitlistEntry

FILE = Path(__file__).parents[2] / "tests" / "data" / "resort-demand-2000.csv"
UNITS = "A=14,B=1,C=1,D=4,E=2,F=1,G=1,H=1"
STAYS = 500


class Ledger:
    """The same demand on paper: a count for each night. Shares no code with the product."""

    def __init__(self, units: dict[str, int]) -> None:
        self.units, self.used = units, Counter[tuple[str, date]]()
        self.accepted: set[int] = set()
        self.cancelled = 0

    def play(self, stays: list[Stay]) -> "Ledger":
        days = sorted({stay.booked_on for stay in stays} | {s.ended_on for s in stays if s.ended_on})
        for day in days:
            for number, stay in enumerate(stays):
                if stay.booked_on == day and all(self.used[n] < self.units[n[0]] for n in nights(stay)):
                    self.accepted.add(number)
                    self.used.update(nights(stay))
            for number in [n for n in self.accepted if stays[n].ended_on == day]:
                self.used.subtract(nights(stays[number]))
                self.cancelled += stays[number].outcome == "cancelled"
        return self

    def peaks(self) -> dict[str, int]:
        found = {
            name: max(count for (room, _), count in self.used.items() if room == name) for name in self.units
        }
        return {name: peak for name, peak in found.items() if peak}


def nights(stay: Stay) -> list[tuple[str, date]]:
    return [(stay.room_type, stay.arrival_on + timedelta(days=number)) for number in range(stay.nights)]


@pytest.mark.django_db
def test_demand_is_accepted_and_refused_exactly_as_on_paper() -> None:
    stays = read_stays(FILE, STAYS)
    units = parse_units(UNITS, stays)
    venue = build_hotel("resort", units, dict.fromkeys(units, 60))

    report = replay_stays(venue, stays)

    paper = Ledger(units).play(stays)
    assert report.refused.total() > 50
    assert report.cancelled > 100
    assert (report.accepted, report.cancelled) == (len(paper.accepted), paper.cancelled)
    assert set(report.refused) <= {"taken", "capacity"}
    found = count_room_nights(venue)
    assert {room.name.removeprefix("Room type "): room.peak for room in found} == paper.peaks()
    assert not any(room.overbooked for room in found)
    freed = Reservation.objects.filter(status__in=(Status.CANCELLED, Status.NO_SHOW))
    assert not Allocation.objects.filter(reservation__in=freed, b0__isnull=False).exists()


@pytest.mark.django_db
def test_a_cancelled_room_is_sold_again_for_the_same_nights() -> None:
    first = Stay(date(2016, 1, 1), date(2016, 3, 1), 3, 2, "A", "cancelled", date(2016, 1, 3), 60)
    second = Stay(date(2016, 1, 2), date(2016, 3, 1), 3, 2, "A", "stayed", None, 60)
    third = Stay(date(2016, 1, 4), date(2016, 3, 1), 3, 2, "A", "stayed", None, 60)
    venue = build_hotel("resort", {"A": 1}, {"A": 60})

    report = replay_stays(venue, [first, second, third])

    assert (report.accepted, report.refused, report.cancelled) == (2, {"taken": 1}, 1)
    assert [(room.peak, room.overbooked) for room in count_room_nights(venue)] == [(1, 0)]


@pytest.mark.django_db
@pytest.mark.parametrize("arrival", [date(2016, 3, 26), date(2016, 10, 29)])
@pytest.mark.parametrize("length", [1, 2])
def test_nights_in_which_the_clocks_change_can_be_booked_back_to_back(arrival: date, length: int) -> None:
    before = Stay(date(2016, 1, 1), arrival, length, 2, "A", "stayed", None, 60)
    after = Stay(date(2016, 1, 2), arrival + timedelta(days=length), 1, 2, "A", "stayed", None, 60)
    overlapping = Stay(date(2016, 1, 3), arrival, 1, 2, "A", "stayed", None, 60)

    report = replay_stays(build_hotel("resort", {"A": 1}, {"A": 60}), [before, after, overlapping])

    assert (report.accepted, report.refused.total()) == (2, 1)


@pytest.mark.django_db
def test_the_count_of_the_nights_notices_overbooking() -> None:
    stays = [Stay(date(2016, 1, 1), date(2016, 3, 1), 2, 2, "A", "stayed", None, 60)] * 2
    venue = build_hotel("resort", {"A": 2}, {"A": 60})
    replay_stays(venue, stays)
    Resource.objects.update(units=1)

    assert [(room.peak, room.limit, room.overbooked) for room in count_room_nights(venue)] == [(2, 1, 2)]


@pytest.mark.django_db
def test_the_command_reports_and_refuses_to_run_twice() -> None:
    out = StringIO()

    call_command("replay_demand", FILE, units="A=3", limit=40, verbosity=0, stdout=out)

    assert "40 stays at resort" in out.getvalue()
    assert "No night is overbooked." in out.getvalue()
    with pytest.raises(CommandError, match="--again"):
        call_command("replay_demand", FILE, limit=1, verbosity=0)
    call_command("replay_demand", FILE, limit=1, again=True, verbosity=0, stdout=StringIO())
    assert set(Venue.objects.values_list("slug", flat=True)) == {"resort", "resort-2"}


@pytest.mark.django_db
def test_the_command_fails_when_a_night_is_overbooked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.management.commands.replay_demand.replay_stays", overbook)

    with pytest.raises(CommandError, match=r"Overbooked nights: Room type A \(2\)"):
        call_command("replay_demand", FILE, units="A=1", limit=40, verbosity=0, stdout=StringIO())


def overbook(venue: Venue, stays: list[Stay], **options: object) -> object:
    """Sells one room twice, with neither engine nor guard in the way."""
    stay = Stay(date(2016, 1, 1), date(2016, 3, 1), 2, 2, "A", "stayed", None, 60)
    report = replay_stays(venue, [stay])
    guard.remove()
    sold = Reservation.objects.get()
    start, end = stay_span(stay.arrival_on, stay.nights)
    copy = Reservation.objects.create(
        venue=venue,
        starts_at=start,
        ends_at=end,
        status=sold.status,
        currency="EUR",
        created_at=sold.created_at,
    )
    copy.items.create(venue=venue, resource=sold.items.get().resource)
    guard.install()
    return report


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "lacks the columns"),
        ("booked_on,nights\n2016-01-01,2\n", "lacks the columns arrival_on"),
        ("{header}\n", "contains no stays"),
        ("{header}\n2016-13-01,2016-03-01,2,2,A,stayed,,60\n", "Line 2: month must be in"),
        ("{header}\n2016-01-01,2016-03-01,two,2,A,stayed,,60\n", "Line 2: invalid literal"),
        ("{header}\n2016-01-01,2016-03-01,2\n", "Line 2"),
        ("{header}\n2016-01-01,2016-03-01,0,2,A,stayed,,60\n", "at least one night"),
        ("{header}\n2016-04-01,2016-03-01,1,2,A,stayed,,60\n", "arrival is before"),
        ("{header}\n2016-01-01,2016-03-01,1,2,A,vanished,,60\n", "'vanished' is none of"),
        ("{header}\n2016-01-01,2016-03-01,1,2,A,cancelled,,60\n", "a date in ended_on"),
        ("{header}\n2016-01-01,2016-03-01,1,2,Z,stayed,,60\n", "of type Z"),
    ],
)
def test_a_bad_file_is_named_and_nothing_is_written(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "demand.csv"
    header = "booked_on,arrival_on,nights,party,room_type,outcome,ended_on,nightly_rate_eur"
    file.write_text(text.format(header=header))

    with pytest.raises(CommandError, match=problem):
        call_command("replay_demand", file, verbosity=0)

    assert not Venue.objects.exists()


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("options", [{"units": "A"}, {"units": "A=many"}, {"venue_slug": "no slug"}])
def test_bad_options_are_refused_and_nothing_is_written(options: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("replay_demand", FILE, limit=5, verbosity=0, **options)

    assert not Venue.objects.exists()


@pytest.mark.once
@pytest.mark.django_db
def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match=r"nowhere\.csv cannot be read"):
        call_command("replay_demand", Path("nowhere.csv"), verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_who_was_refused_waits_and_gets_what_comes_free() -> None:
    """First takes the only room and cancels; second and third wait for it; third gives up before."""
    today = clock.now().date()
    arrival = today + timedelta(days=30)

    def stay(outcome: str, booked: int, ended: int | None) -> Stay:
        ended_on = None if ended is None else today + timedelta(days=ended)
        return Stay(today + timedelta(days=booked), arrival, 3, 2, "A", outcome, ended_on, 60)

    stays = [
        stay("cancelled", 1, 9),
        stay("cancelled", 2, 5),
        stay("stayed", 3, None),
        stay("stayed", 4, None),
    ]
    venue = build_hotel("resort", {"A": 1}, {"A": 60})
    report = replay_stays(venue, stays, waitlist=True)

    assert (report.accepted, report.refused.total(), report.served_later) == (1, 3, 1)
    left = Reservation.objects.get(status=Status.CONFIRMED)
    assert left.customer_email == "guest3@example.com"
    statuses = WaitlistEntry.objects.order_by("created_at").values_list("status", flat=True)
    assert list(statuses) == ["left", "booked", "left"]
    assert all(room.overbooked == 0 for room in count_room_nights(venue))


def test_demand_moves_ahead_by_whole_weeks() -> None:
    stays = read_stays(FILE, STAYS)
    moved = move_ahead(stays, date(2030, 5, 1))
    ahead = {new.arrival_on - old.arrival_on for old, new in zip(stays, moved, strict=True)}
    assert len(ahead) == 1
    assert ahead.pop().days % 7 == 0
    assert min(stay.booked_on for stay in moved) > date(2030, 5, 1)
