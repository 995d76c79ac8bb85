"""Retreats put up on the facilitator's page: from day to day, several prices, a plan."""

from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from classes.models import ClassType, Facilitator, Session
from classes.services.scheduling import copy_draft
from classes.tests.helpers import make_house, take
from classes.tests.test_pages import read, send
from classes.tests.test_teaching import enter, post
from resources.models import CancellationPolicy
from tests.factories import at, make_venue

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
        "Enter a time in the future": {"day": at(-3).date(), "last_day": at(-2).date()},
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
