"""Series, copies, substitutes and lanes: many sessions at once, over clocks that change."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from classes import services
from classes.drafts import SessionDraft, draft_of_type
from classes.enums import PlaceKind
from classes.models import Session
from classes.selectors import bookings_of, list_free_colleagues
from classes.services.series import SeriesEdit
from classes.tests.helpers import STAFF, House, make_house, take
from classes.tests.test_seating import refused
from common.errors import InvalidInput
from reservations.exceptions import SeriesRefused, SlotTaken, TransitionNotAllowed
from reservations.series import SeriesScope
from tests.factories import at, make_user

pytestmark = pytest.mark.django_db
BERLIN = "Europe/Berlin"


@pytest.fixture
def house() -> House:
    return make_house()


def draft_at(house: House, start: datetime, minutes: int = 60, **fields: Any) -> SessionDraft:
    values: dict[str, Any] = {"facilitator": house.mia, "place": house.studio, "title": "Yoga", "capacity": 8}
    end = start + timedelta(minutes=minutes)
    return SessionDraft(starts_at=start, ends_at=end, **(values | fields))


@pytest.mark.parametrize("night", [date(2027, 3, 28), date(2027, 10, 31)])
def test_a_series_keeps_its_local_time_over_both_nights(night: date) -> None:
    with time_machine.travel(datetime(2027, 1, 4, 9, tzinfo=UTC)):
        house = make_house()
        zone = house.venue.zone
        start = datetime.combine(night - timedelta(days=7), time(7, 30), zone)
        made = services.create_series(
            venue=house.venue, draft=draft_at(house, start), rule="FREQ=WEEKLY;COUNT=3", actor=STAFF
        )
        starts = [session.starts_at.astimezone(zone) for session in made.sessions]
        assert [(each.date(), each.time()) for each in starts] == [
            (night + timedelta(days=days), time(7, 30)) for days in (-7, 0, 7)
        ]
        assert {session.ends_at - session.starts_at for session in made.sessions} == {timedelta(hours=1)}
        # At the hour that is skipped, or there twice, it says so instead of guessing.
        early = draft_at(house, datetime.combine(night - timedelta(days=1), time(2, 30), zone))
        answers = services.create_series(
            venue=house.venue, draft=early, rule="FREQ=DAILY;COUNT=3", actor=STAFF, dry_run=True
        ).occurrences
        assert [each.is_free for each in answers] == [True, False, True]
        assert answers[1].code in ("nonexistent_time", "ambiguous_time")


def test_a_series_says_all_that_is_in_the_way(house: House) -> None:
    start = at(7)
    house.add_session(start + timedelta(days=7))
    house.add_session(start + timedelta(days=21))
    draft, make = draft_at(house, start), services.create_series
    rule: dict[str, Any] = {"venue": house.venue, "rule": "FREQ=WEEKLY;COUNT=4", "actor": STAFF}
    preview = make(draft=draft, dry_run=True, **rule).occurrences
    assert [each.code for each in preview] == ["", "taken", "", "taken"]
    with pytest.raises(SeriesRefused) as refusal:
        make(draft=draft, **rule)
    assert [each["index"] for each in refusal.value.extra["refused"]] == [1, 3]
    assert Session.objects.count() == 2
    skip = [each.on for each in preview if not each.is_free]
    assert len(make(draft=draft, skip=skip, **rule).sessions) == 2
    with pytest.raises(InvalidInput):
        make(draft=draft_at(house, start, 24 * 60), **(rule | {"rule": "FREQ=DAILY;INTERVAL=1;COUNT=0"}))


def test_edits_reach_this_the_following_or_all(house: House) -> None:
    made = services.create_series(
        venue=house.venue, draft=draft_at(house, at(7)), rule="FREQ=DAILY;COUNT=4", actor=STAFF
    )
    first, second, third, fourth = made.sessions
    seat = take(third)
    change: dict[str, Any] = {"actor": STAFF}
    services.change_series(
        session_id=third.pk, scope=SeriesScope.FOLLOWING, edit=SeriesEdit(at=time(20), capacity=6), **change
    )
    local = {
        row.pk: (row.starts_at.astimezone(house.venue.zone).time(), row.capacity)
        for row in Session.objects.all()
    }
    usual = first.starts_at.astimezone(house.venue.zone).time(), 8
    assert local == {
        first.pk: usual,
        second.pk: usual,
        third.pk: (time(20), 6),
        fourth.pk: (time(20), 6),
    }
    seat.reservation.refresh_from_db()
    assert seat.reservation.starts_at == Session.objects.get(pk=third.pk).starts_at
    # All or none: one of them would be in the way of something else.
    house.add_session(Session.objects.get(pk=fourth.pk).starts_at + timedelta(hours=1), title="Other")
    with pytest.raises(SeriesRefused) as refusal:
        services.change_series(
            session_id=first.pk, scope=SeriesScope.ALL, edit=SeriesEdit(at=time(20), minutes=120), **change
        )
    assert len(refusal.value.extra["refused"]) == 1
    assert Session.objects.get(pk=first.pk).starts_at == first.starts_at
    ended = services.cancel_series(session_id=second.pk, scope=SeriesScope.THIS, **change)
    assert [row.pk for row in ended.sessions] == [second.pk]
    assert len(services.cancel_series(session_id=first.pk, scope=SeriesScope.ALL, **change).sessions) == 3


def test_last_week_once_more(house: House) -> None:
    monday = (at(7) - timedelta(days=at(7).weekday())).date()
    zone = house.venue.zone
    for day, hour in ((0, 8), (2, 18)):
        house.add_session(
            datetime.combine(monday + timedelta(days=day), time(hour), zone), title=f"Day {day}"
        )
    services.cancel_session(session_id=house.add_session(at(7, 4)).pk, actor=STAFF)
    week: dict[str, Any] = {"venue": house.venue, "monday": monday, "to": monday + timedelta(days=7)}
    copies = services.copy_week(actor=STAFF, **week)
    assert [(row.title, row.starts_at.astimezone(zone).hour) for row in copies] == [
        ("Day 0", 8),
        ("Day 2", 18),
    ]
    with pytest.raises(SeriesRefused):
        services.copy_week(actor=STAFF, **week)


def test_a_substitute_leads_it_and_nothing_else_changes(house: House) -> None:
    session = house.add_session()
    john, ann = house.add_facilitator("John"), house.add_facilitator("Ann")
    seat, busy = take(session), house.add_session(facilitator=ann, place=house.add_studio())
    asked, colleagues = services.ask_for_substitute(session_id=session.pk, actor=STAFF, note="Ill")
    assert (asked.substitute_note, colleagues, list_free_colleagues(busy)) == ("Ill", [john], [john])
    with pytest.raises(SlotTaken) as conflict:
        services.substitute(session_id=session.pk, facilitator=ann, actor=STAFF)
    assert conflict.value.extra["taken"] == "facilitator"
    version = seat.reservation.version
    led = services.accept_to_substitute(session_id=session.pk, facilitator=john, actor=STAFF)
    assert (led.facilitator, led.substitute_for, led.substitute_wanted_at) == (john, house.mia, None)
    seat.reservation.refresh_from_db()
    assert seat.reservation.version == version
    with pytest.raises(TransitionNotAllowed):  # somebody has it already
        services.accept_to_substitute(session_id=session.pk, facilitator=house.mia, actor=STAFF)
    # Mia's time is free, John's is not.
    with pytest.raises(SlotTaken):
        house.add_session(facilitator=john, place=house.add_studio())
    own = house.add_session(place=house.add_studio())
    assert own.facilitator == house.mia
    services.cancel_session(session_id=own.pk, actor=STAFF)
    back = services.substitute(session_id=session.pk, facilitator=house.mia, actor=STAFF)
    assert (back.facilitator, back.substitute_for) == (house.mia, None)


def test_online_sessions_take_the_first_lane_that_is_free(house: House) -> None:
    def online(start: datetime) -> Session:
        lead = house.add_facilitator()
        return house.add_session(
            start, facilitator=lead, place=None, place_kind=PlaceKind.ONLINE, capacity=500
        )

    first, second, third = online(at(7)), online(at(7)), online(at(8))
    assert first.place != second.place
    assert first.place == third.place
    take(second, quantity=100)
    assert take(first).is_active
    # One that is named will do as well as another, for new sessions and for those that move.
    named: dict[str, Any] = {"place": first.place, "capacity": 500}
    fourth = house.add_session(at(7), facilitator=house.add_facilitator(), **named)
    assert fourth.place.kind == PlaceKind.ONLINE
    assert fourth.place not in (first.place, second.place)
    draft = SessionDraft(house.add_facilitator(), at(7), at(7, 11), "Yoga", first.place, capacity=500)
    series: dict[str, Any] = {"venue": house.venue, "draft": draft, "rule": "FREQ=DAILY;COUNT=3"}
    assert all(
        each.is_free for each in services.create_series(**series, actor=STAFF, dry_run=True).occurrences
    )
    made = services.create_series(**series, actor=STAFF).sessions
    assert [each.place == first.place for each in made] == [False, False, True]
    moving = house.add_session(at(7, 10), facilitator=house.add_facilitator())
    changes: services.SessionChanges = {"place": first.place}
    moved = services.change_session(session_id=moving.pk, changes=changes, actor=STAFF)
    assert moved.place.kind == PlaceKind.ONLINE
    assert moved.place not in {first.place, second.place, fourth.place, made[0].place}


def test_a_session_is_made_as_its_type_says(house: House) -> None:
    kind = house.add_type(title="Yin", capacity=6, price=Decimal(12), description="Slow")
    draft = draft_of_type(kind, house.mia, at(7), at(7, 11), place=house.studio)
    session = services.create_session(venue=house.venue, draft=draft, actor=STAFF)
    made = (session.title, session.capacity, int(session.price), session.description, session.class_type)
    assert made == ("Yin", 6, 12, "Slow", kind)
    user = make_user()
    seat, local = take(session, user), session.local_end - session.local_start
    assert (list(bookings_of(user.pk)), local) == ([seat], timedelta(hours=1))


def test_bad_input_changes_nothing(house: House) -> None:
    good = draft_at(house, at(7))

    def code(**changes: Any) -> str:
        draft = replace(good, **changes)
        return refused(lambda: services.create_session(venue=house.venue, draft=draft, actor=STAFF))

    for wrong in (
        {"capacity": 0},
        {"capacity": -1},
        {"capacity": 21},
        {"ends_at": good.starts_at},
        {"ends_at": good.starts_at + timedelta(hours=29)},
        {"title": " "},
        {"title": "A\u202eB"},
        {"price": house.add_type().price * -1},
        {"price": house.add_type().price / 1000},
        {"online_capacity": 9},
    ):
        assert code(**wrong) == "invalid", wrong
    begin = at(-1)
    assert code(starts_at=begin, ends_at=begin + timedelta(hours=1)) == "past"
    other = make_house()
    assert code(facilitator=other.mia) == "not_found"
    pending = services.register_facilitator(venue=house.venue, user=other.mia.user)
    assert code(facilitator=pending) == "not_approved"
    assert not Session.objects.exists()
