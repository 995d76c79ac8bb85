"""Doors of staff and teachers, tried by whom they are not for."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from classes import services
from classes.models import Facilitator, PayRate, Session
from classes.services.scheduling import copy_draft
from classes.tests.helpers import STAFF, House, make_house
from classes.tests.page_rows import add_retreat
from classes.tests.test_studio import filled_in
from resources.enums import Role
from tests.admin_forms import admin_address
from tests.factories import at, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def house() -> House:
    return make_house(time_zone="UTC")


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_weekly(house: House, number: int = 3) -> list[Session]:
    first = copy_draft(house.add_session(at(30)), starts_at=at(5), ends_at=at(5) + timedelta(hours=1))
    rule = f"FREQ=WEEKLY;COUNT={number}"
    return services.create_series(venue=house.venue, draft=first, rule=rule, actor=STAFF).sessions


def test_whoever_leads_one_date_has_no_say_over_the_series(house: House) -> None:
    john = house.add_facilitator("John")
    dates = make_weekly(house)
    lent = services.substitute(session_id=dates[1].pk, facilitator=john, actor=STAFF)
    client, data = enter(john.user), {"scope": "all", "title": "John's"}
    day = lent.local_start
    form = {"day": day.date().isoformat(), "at": f"{day:%H:%M}", "minutes": 60, "place": lent.place_id}
    form |= {"capacity": 10, "price": "25", "version": lent.version, "confirmed": "1"}
    assert client.post(reverse("teach-change", args=[lent.pk]), form | data).status_code == 302
    titles = [each.title for each in Session.objects.filter(series=lent.series).order_by("starts_at")]
    assert titles == ["Morning Meditation", "John's", "Morning Meditation"]
    client.patch(f"/api/v1/sessions/{lent.pk}", data, content_type="application/json")
    client.post(reverse("teach-call-off", args=[lent.pk]), data)
    assert list(Session.objects.active().filter(series=lent.series).order_by("pk")) == [dates[0], dates[2]]
    mia = enter(house.mia.user)
    mia.post(reverse("teach-call-off", args=[dates[0].pk]), {"scope": "all"})
    assert not Session.objects.active().filter(series=lent.series).exists()


def test_a_new_title_for_a_series_leaves_what_was_moved_alone(house: House) -> None:
    dates = make_weekly(house)
    moved = services.change_session(
        session_id=dates[2].pk,
        changes={
            "starts_at": dates[2].starts_at + timedelta(hours=2),
            "ends_at": dates[2].ends_at + timedelta(hours=2, minutes=30),
        },
        actor=STAFF,
    )
    staff = enter(make_member(house.venue, Role.STAFF))
    data = filled_in(dates[0], scope="all", title="Flow", action="save")
    assert staff.post(reverse("studio-change", args=[house.venue.slug, dates[0].pk]), data).status_code == 302
    later = Session.objects.get(pk=moved.pk)
    assert (later.title, later.starts_at, later.ends_at) == ("Flow", moved.starts_at, moved.ends_at)
    data = {"title": "Rest", "day": data["date"], "at": data["time"], "minutes": 90, "capacity": 10}
    data |= {"price": "25", "place": house.studio.pk, "scope": "all", "confirmed": "1"}
    mia = enter(house.mia.user)
    assert mia.post(reverse("teach-change", args=[dates[0].pk]), data).status_code == 302
    later.refresh_from_db()
    assert (later.title, later.starts_at) == ("Rest", moved.starts_at)


def test_a_retreat_of_days_is_changed_by_who_leads_it(house: House) -> None:
    retreat = add_retreat(house)
    day = retreat.local_start
    end = retreat.local_end
    form = {"day": day.date().isoformat(), "at": f"{day:%H:%M}", "place": retreat.place_id}
    form |= {"last_day": end.date().isoformat(), "until": f"{end:%H:%M}"}
    form |= {"title": "Quiet Weekend", "capacity": 5, "price": "0", "version": retreat.version}
    answer = enter(house.mia.user).post(reverse("teach-change", args=[retreat.pk]), form)
    assert answer.status_code == 302
    retreat.refresh_from_db()
    assert (retreat.title, retreat.ends_at - retreat.starts_at) == ("Quiet Weekend", timedelta(days=2))


def test_what_somebody_earns_is_for_managers(house: House) -> None:
    rate = PayRate.objects.create(venue=house.venue, name="Forty an hour", base=40)
    services.set_pay_rate(facilitator=house.mia, pay_rate=rate)
    for role, is_told in ((Role.STAFF, False), (Role.MANAGER, True)):
        client = enter(make_member(house.venue, role))
        page = client.get(admin_address(Facilitator, "change", house.mia.pk)).content.decode()
        listed = client.get(admin_address(Facilitator, "changelist")).content.decode()
        assert (rate.name in page, rate.name in listed) == (is_told, False), role


def test_who_only_leads_is_shown_no_way_to_the_studio(house: House) -> None:
    way = f'href="{reverse("studios")}"'
    assert way not in enter(house.mia.user).get("/teach/").content.decode()
    assert way in enter(make_member(house.venue, Role.STAFF)).get("/").content.decode()
