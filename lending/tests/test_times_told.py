"""Times that are over, or taken, are told as what they are."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from accounts.models import User
from common.clock import now
from lending.models import Loan
from lending.policies import Terms
from lending.services import approve_loan
from lending.tests.helpers import STAFF, ask, block, make_thing
from lending.tests.page_helpers import loan_page, page_of, read, signed_in
from lending.words import describe_terms
from tests.factories import at, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def person() -> User:
    return make_user()


def test_dates_that_are_taken_say_so_and_when_it_is_free(person: User) -> None:
    thing = make_thing()
    client, address = signed_in(person), f"{page_of(thing)}dates/"
    start = at(3, 10).astimezone(thing.venue.zone)
    block(thing, start - timedelta(hours=1), start + timedelta(hours=1))
    block(thing, start + timedelta(hours=2), start + timedelta(hours=4))
    dates = {
        "start": start.strftime("%Y-%m-%dT%H:%M"),
        "end": (start + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
    }
    refused = client.post(address, dates | {"units": 1})
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "taken at this time" in page
    assert "just taken" not in page
    free = start + timedelta(hours=4)
    assert f'<time datetime="{free.isoformat()}">' in page
    [offered] = re.findall(r'href="([^"]*)#dates"', page)
    filled = read(client, unescape(offered))
    for at_hour in (free, free + timedelta(hours=2)):
        assert f'value="{at_hour:%Y-%m-%dT%H:%M}"' in filled
    assert '<details class="more" id="dates" open>' in filled
    odd = read(client, f"{page_of(thing)}?start=x&end=&units=0")
    assert 'id="dates" open' not in odd


def test_a_catalogue_says_where_staff_decide(person: User) -> None:
    bench = make_thing(approval="manual", loan_period=60)
    address, client = f"{reverse('lend')}?venue={bench.venue.slug}", signed_in(person)
    assert "Staff approve every loan." in read(client, address)
    approve_loan(loan_id=ask(bench).uuid, actor=STAFF)
    ask(bench)
    page = read(client, address)
    assert "at the latest, then staff decide" in page
    assert "Staff approve every loan." not in page


def test_a_time_that_has_run_out_is_said_to_be_up(person: User) -> None:
    bench = make_thing(lease=30, names_shown="staff")
    made = ask(bench, person)
    ask(bench, make_user())
    Loan.objects.filter(pk=made.pk).update(valid_until=now() - timedelta(seconds=20))
    client = signed_in(person)
    for address in (
        loan_page(made),
        page_of(bench),
        reverse("lend-mine"),
        reverse("lend-board", args=[bench.venue.slug]),
    ):
        page = read(client, address)
        assert "Time is up." in page, address
        assert "confirm by" not in page
        assert "Overdue" not in page


def test_a_lease_of_one_minute_is_said_as_people_say_it() -> None:
    for lease, words in (
        (1, "every minute"),
        (60, "every hour"),
        (1440, "every day"),
        (90, "every 1 hour 30"),
    ):
        assert any(words in line for line in describe_terms(Terms(0, lease=lease))), lease
