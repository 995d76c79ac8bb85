"""Retreats put up on the facilitator's page: from day to day, several prices, a plan."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from classes import services
from classes.drafts import TierDraft
from classes.enums import TierPays
from classes.models import ClassType, Facilitator, SeatBooking, Session
from classes.policies.plans import Term
from classes.services.scheduling import copy_draft
from classes.tests.helpers import STAFF, fresh, make_house, take
from classes.tests.test_pages import read, send
from classes.tests.test_seating import refused
from classes.tests.test_teaching import enter, post
from common.errors import InvalidInput
from resources.enums import Role
from resources.models import CancellationPolicy
from tests.factories import at, make_member, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PAGE = "/teach/retreat/"
NAMES = ("name", "price", "quota", "deposit", "pays")
PRICES = (
    ("Tent", "200", 6, "", "full"),
    ("Twin", "300.50", 2, "50", "both"),
    ("Own room", 400, 1, 100, "plan"),
)
TIERS: dict[str, Any] = {
    f"tier-{number}-{name}": value
    for number, row in enumerate(PRICES, 1)
    for name, value in zip(NAMES, row, strict=True)
}


@pytest.fixture
def client() -> Client:
    """Of whoever leads something at the only venue."""
    return enter(make_house(time_zone="UTC").mia.user)


def fill_in(**fields: Any) -> dict[str, Any]:
    when = {"day": at(20).date(), "at": "16:00", "last_day": at(22).date(), "until": "14:00"}
    usual = {"title": "By the lake", "place": "off_site", "capacity": 8, "price": "", "tiers": 3, "terms": 3}
    return when | usual | fields


def plan() -> dict[str, Any]:
    return {
        "term-1-percent": 30,
        "term-1-days_before": 14,
        "term-2-percent": 70,
        "term-2-due_on": at(20).date(),
    }


def test_a_retreat_says_what_cancelling_costs_and_it_is_chosen(client: Client) -> None:
    page = read(client, PAGE)
    assert ("Free cancellation until the start." in page, 'name="policy"' in page) == (True, False)
    venue = Facilitator.objects.get().venue
    ClassType.objects.create(venue=venue, title="Weekend")
    policy = CancellationPolicy.objects.create(venue=venue, name="Retreats")
    policy.tiers.create(hours_before=24 * 14, refund_percentage=50)
    page = read(client, PAGE)
    assert "Retreats: 50% refund up to 14 days before. No refund after that." in " ".join(page.split())
    assert "Without a class and a policy: Free cancellation until the start." in " ".join(page.split())
    send(client, PAGE, **fill_in(price=100, policy=policy.pk))
    made = Session.objects.get()
    assert made.policy == policy
    shown = read(Client(), reverse("classes-session", args=[venue.slug, made.pk]))
    assert "50% refund until" in shown
    assert "No refund after that." in shown
    agreed = take(made).reservation.cancellation_terms
    assert [tier[0] for share in agreed for tier in share["tiers"]] == ["336"]
    assert copy_draft(made).policy == policy
    # Without one it is as before; another venue's is none.
    other = CancellationPolicy.objects.create(venue=make_venue(), name="Theirs")
    post(client, PAGE, 400, **fill_in(price=100, policy=other.pk))


def test_a_retreat_has_prices_and_a_plan(client: Client) -> None:
    assert PAGE in read(client, "/teach/new/")
    assert read(client, PAGE).count("<legend>") == 6
    send(client, PAGE, **fill_in(**TIERS, **plan()))
    made = Session.objects.get()
    assert (made.session_type, made.local_start.hour) == ("retreat", 16)
    assert made.local_end.date() == at(22).date()
    assert list(made.tiers.values_list(*NAMES)) == [
        ("Tent", 200, 6, 0, "full"),
        ("Twin", Decimal("300.5"), 2, 50, "both"),
        ("Own room", 400, 1, 100, "plan"),
    ]
    terms = made.plan_terms.values_list("percent", "days_before", "due_on")
    assert list(terms) == [(Decimal(30), 14, None), (Decimal(70), None, at(20).date())]
    # Sent twice it is one: nobody leads two at a time.
    post(client, PAGE, 409, **fill_in(**TIERS, **plan()))
    send(client, PAGE, **fill_in(price=0, place="online", day=at(30).date(), last_day=at(31).date()))
    assert [row.has_tiers for row in Session.objects.order_by("pk")] == [True, False]


def test_what_is_wrong_stands_where_it_is_wrong(client: Client) -> None:
    assert "several prices below" in post(client, PAGE, 400, **fill_in())
    assert "several prices below" in post(client, PAGE, 400, **fill_in(tiers="x", terms=10**9))
    assert "Enter the instalments" in post(client, PAGE, 400, **fill_in(**TIERS))
    good = fill_in(**TIERS, **plan())
    wrong: dict[str, dict[str, Any]] = {
        "that add up to 100": {"term-2-percent": 60},
        "Enter a number of days, or choose a day": {"term-1-days_before": ""},
        "no larger than the price": {"tier-2-deposit": 301},
        "that can be paid in this currency": {"tier-2-price": "1.005"},
        "Enter an amount.": {"tier-2-price": "NaN"},
        "Use each name once": {"tier-2-name": "tent"},
        "Enter one price here": {"price": 20},
        "Enter an end after the start": {"last_day": at(19).date()},
        "Choose 14 days or less": {"last_day": at(40).date()},
        "Enter a time in the future": {
            **{"day": at(-3).date(), "last_day": at(-2).date()},
            "term-2-due_on": at(-3).date(),
        },
        "Enter 2000 or less": {"capacity": 2001},
        "Enter 1 or more": {"tier-1-quota": 0},
        "Choose a price above": {"tier-2-pays": "full", "tier-3-pays": "full"},
    }
    for sentence, fields in wrong.items():
        answer = client.post(PAGE, good | fields)
        assert answer.status_code == 400, sentence
        page = unescape(answer.content.decode())
        # Beside its field, and in the list at the top of a page that is long.
        said = page.split("Please check:")[-1].split("</ul>")[0]
        assert (sentence in page, sentence in said) == (True, True), sentence
    more = post(client, PAGE, 200, **good | {"title": "", "more": "tiers"})
    assert more.count("<legend>") == 7
    assert 'value="300.50"' in more
    assert 'class="error"' not in more
    assert not Session.objects.exists()


@pytest.fixture
def stay() -> Session:
    """Six seats, of which two in a tent are booked; John leads it."""
    house = make_house(time_zone="UTC")
    tiers = (TierDraft("Tent", Decimal(100), 4, pays=TierPays.BOTH), TierDraft("Cabin", Decimal(300), 2))
    plan = [Term(Decimal(50), days_before=10), Term(Decimal(50), days_before=2)]
    when: dict[str, Any] = {"start": at(20), "minutes": 2880, "session_type": "retreat"}
    return house.add_session(**when, capacity=6, tiers=tiers, plan=plan, facilitator=house.add_facilitator())


def shown(page: str) -> dict[str, Any]:
    """What a form on a page would send."""
    fields = dict(re.findall(r'<input [^>]*?name="([^"]+)"[^>]*? value="([^"]*)"', page))
    ticked = dict.fromkeys(re.findall(r'<input [^>]*?name="([^"]+)"[^>]*? checked', page), "on")
    chosen = dict(re.findall(r'<select name="([^"]+)".*?<option value="([^"]+)" selected', page, re.S))
    return {name: value for name, value in (fields | ticked | chosen).items() if "-" in name or name in FRAME}


def list_parts(seat: SeatBooking) -> tuple[Decimal, list[tuple[Decimal, date]]]:
    parts = seat.instalments.values_list("amount", "due_on")
    return fresh(seat).reservation.total_amount, list(parts)


FRAME = {"tiers", "terms", "version"}


def test_prices_change_after_it_is_put_up(stay: Session) -> None:
    mia = enter(stay.facilitator.user)
    tent, _cabin = stay.tiers.all()
    seat = take(stay, quantity=2, tier_id=tent.pk, pays_plan=True)
    agreed = list_parts(seat)
    page = f"/teach/sessions/{stay.pk}/prices/"
    assert page in read(mia, f"/teach/sessions/{stay.pk}/")
    form = shown(read(mia, page))
    assert "2 sold" in read(mia, page)
    assert (form["tier-1-name"], form["tier-2-quota"], form["term-2-days_before"]) == ("Tent", "2", "2")
    # The tent is dearer and off sale, the cabin has no limit, a van is new; all is paid in one part.
    changed = form | {
        "tier-1-price": 150,
        "tier-1-is_on_sale": "",
        "tier-2-quota": "",
        "tier-3-name": "Van",
        "tier-3-price": 50,
        "tier-3-quota": 1,
        "tier-3-pays": "plan",
        "term-1-percent": 100,
        "term-2-percent": "",
        "term-2-days_before": "",
    }
    send(mia, page, **changed)
    assert list(stay.tiers.values_list("name", "price", "quota", "is_on_sale")) == [
        ("Tent", Decimal(150), 4, False),
        ("Cabin", Decimal(300), None, True),
        ("Van", Decimal(50), 1, True),
    ]
    assert stay.plan_terms.get().percent == 100
    # A page from before says so, and changes nothing.
    assert "changed" in post(mia, page, 409, **changed | {"tier-1-price": 9})
    assert list_parts(seat) == agreed
    assert refused(lambda: take(stay, tier_id=tent.pk)) == "tier_not_sold"
    # Who has booked it may become fewer, at the price and by the dates of then.
    services.resize_booking(booking_id=seat.pk, quantity=1, actor=STAFF)
    assert list_parts(seat) == (Decimal(100), [(Decimal(50), day) for _amount, day in agreed[1]])


def test_what_was_booked_is_not_taken_away(stay: Session) -> None:
    mia, page = enter(stay.facilitator.user), f"/teach/sessions/{stay.pk}/prices/"
    tent, cabin = stay.tiers.all()
    seat = take(stay, quantity=3, tier_id=tent.pk)
    form = shown(read(mia, page))
    wrong: dict[str, dict[str, Any]] = {
        "3 are sold already. Enter 3 or more.": {"tier-1-quota": 2},
        "The prices sell 5 of 6 seats": {
            "tier-1-is_on_sale": ""
        },  # three tents that are sold, and two cabins
        "Choose the day of the start": {"term-1-days_before": "", "term-1-due_on": at(21).date()},
        "Enter one price at least": {"tier-1-is_gone": "", "tier-2-is_gone": "on", "tier-1-id": ""}
        | {f"tier-1-{name}": "" for name in ("name", "price", "quota", "deposit")},
    }
    for sentence, fields in wrong.items():
        assert sentence in post(mia, page, 400, **form | fields), sentence
    services.cancel_booking(booking_id=seat.pk, actor=STAFF)
    assert "tier-1-is_gone" not in read(mia, page)
    without = [services.PriceEdit(TierDraft("Cabin", Decimal(300), None), cabin.pk)]
    with pytest.raises(InvalidInput, match="Tent has been booked"):
        services.change_prices(session_id=stay.pk, tiers=without, actor=STAFF)
    send(mia, page, **form | {"tier-2-is_gone": "on", "tier-1-quota": 6})
    assert [tier.name for tier in stay.tiers.all()] == ["Tent"]
    stranger = enter(make_house().mia.user)
    assert stranger.get(page).status_code == 403


def test_staff_put_up_retreats_and_change_their_prices(stay: Session) -> None:
    staff = enter(make_member(stay.venue, Role.STAFF))
    here = f"/studio/{stay.venue.slug}/"
    assert f"{here}retreat/" in read(staff, f"{here}new/")
    new = fill_in(**TIERS, day=at(40).date(), last_day=at(41).date()) | plan()
    for facilitator in ("", 0):
        assert "Choose a teacher" in post(staff, f"{here}retreat/", 400, **new, facilitator=facilitator)
    send(staff, f"{here}retreat/", **new, facilitator=stay.facilitator_id)
    made = Session.objects.latest("pk")
    assert (made.facilitator, made.tiers.count(), made.is_retreat) == (stay.facilitator, 3, True)
    page = f"{here}sessions/{stay.pk}/prices/"
    assert page in read(staff, f"{here}sessions/{stay.pk}/")
    send(staff, page, **shown(read(staff, page)) | {"tier-2-price": 310})
    assert 'name="price"' not in read(staff, f"{here}sessions/{stay.pk}/change/")
    last = stay.tiers.last()
    assert last
    assert last.price == 310


def test_what_lasts_days_is_changed_by_its_last_day(stay: Session) -> None:
    staff, john = enter(make_member(stay.venue, Role.STAFF)), enter(stay.facilitator.user)
    pages = {
        john: (f"/teach/sessions/{stay.pk}/change/", {"day": at(20).date(), "at": "10:00"}),
        staff: (
            f"/studio/{stay.venue.slug}/sessions/{stay.pk}/change/",
            {"date": at(20).date(), "time": "10:00", "facilitator": stay.facilitator_id, "action": "save"},
        ),
    }
    for (client, (page, when)), hour in zip(pages.items(), (15, 16), strict=True):
        form = read(client, page)
        assert ('name="last_day"' in form, 'name="minutes"' in form) == (True, False)
        stay.refresh_from_db()
        same = {"title": "Stay", "place": stay.place_id, "capacity": 6, "version": stay.version}
        end = {"last_day": at(23).date(), "until": f"{hour}:00"}
        post(client, page, 400, **same | when | end | {"until": "25:00"})
        send(client, page, **same | when | end)
        stay.refresh_from_db()
        assert (stay.starts_at, stay.ends_at) == (at(20), at(23, hour))
    # Dragged to another day it stays as long.
    moved = read(staff, f"{pages[staff][0]}?date={at(27).date()}")
    assert f'value="{at(30).date()}"' in moved
