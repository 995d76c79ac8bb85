"""One place in a queue is one number, wherever it is told."""

import re

import pytest
from django.test import Client
from rest_framework.test import APIClient

from lending.models import Loan
from lending.selectors import QueueOrder, find_positions
from lending.tests.helpers import ask, in_minutes, make_thing
from tests.factories import make_group, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_one_place_is_one_number() -> None:
    one = make_thing()
    two, me = make_thing(one.venue), make_user()
    group = make_group([one, two])
    ask(one), ask(two), ask(group)
    own = ask(one, me)
    api, pages = APIClient(), Client()
    api.force_authenticate(me)
    pages.force_login(me)
    queue = api.get(f"/api/lending/things/{one.uuid}/queue").json()["results"]
    page = pages.get(f"/lend/{one.venue.slug}/{one.slug}/").content.decode()
    told = {
        api.get(f"/api/lending/loans/{own.uuid}").json()["position"],
        *(row["position"] for row in queue if row["is_own"]),
        *map(int, re.findall(r'data-place="(\d+)"', page)),
        api.get(f"/reservation/active/user?resource_id={one.pk}").json()["reservation"]["position"],
    }
    assert told == {2}


@pytest.mark.parametrize("rule", ["fifo", "fair"])
def test_a_part_of_a_queue_is_as_the_whole(rule: str) -> None:
    thing, at = make_thing(queue_rule=rule), in_minutes(1)
    loans = [ask(thing) for _ in range(6)][1:]
    Loan.objects.filter(pk=loans[3].pk).update(priority=5)
    order = QueueOrder(loans[0].queue, at)
    expected = [loans[number].pk for number in (3, 0, 1, 2, 4)]
    assert [loan.pk for loan in order] == expected
    assert [loan.pk for loan in order[1:3]] == expected[1:3]
    assert [Loan.objects.get(uuid=id).pk for id in order.ids] == expected
    assert find_positions(order[1:3], at) == {expected[1]: 2, expected[2]: 3}
