"""A number that no database can hold is a mistake of whoever sends it, wherever it is sent: never a 500."""

import pytest
from django.db import DataError
from django.test import Client
from django.urls import reverse

from common.api import exception_handler
from common.numbers import is_number_too_large, read_key
from resources.models import Venue
from tests.factories import make_user, make_venue

pytestmark = [pytest.mark.once, pytest.mark.django_db]
HUGE = (str(2**63), "9" * 5000)
ADMIN = ("resources_resource", "resources_pricerule", "reservations_reservation", "resources_feature")


@pytest.fixture(scope="module")
def root(shared_rows: None) -> Client:
    make_venue()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("huge", HUGE, ids=("beyond", "endless"))
@pytest.mark.parametrize("model", ADMIN)
def test_the_admin(root: Client, model: str, huge: str) -> None:
    """Its lists, filters, actions and forms; the test's client raises whatever would be a 500."""
    changelist, add = reverse(f"admin:{model}_changelist"), reverse(f"admin:{model}_add")
    for name in ("venue", "venue__id__exact", "id__exact", "pk__in", "p", "e"):
        assert root.get(changelist, {name: huge}).status_code in (200, 302, 400), name
    chosen = {"action": "delete_selected", "_selected_action": [huge]}
    answers = [
        root.post(changelist, chosen),
        root.get(add, {"venue": huge, "resource": huge}),
        root.post(add, dict.fromkeys(("venue", "resource", "features", "groups", "resources"), huge)),
        root.get(reverse(f"admin:{model}_change", args=[huge])),
    ]
    assert {answer.status_code for answer in answers} <= {200, 302, 400, 403}


@pytest.mark.parametrize("huge", HUGE, ids=("beyond", "endless"))
@pytest.mark.parametrize(
    "address",
    [
        "/?party_size={}&days={}&duration={}&venue={}",
        "/calendar/?resource={}&page={}&venue={}",
        "/my/reservations/?page={}",
        "/admin/notifications/message/{}/preview/",
        "/api/venues?page={}&page_size={}",
        "/api/reservations?page={}&party_size={}&resource={}&venue={}",
        "/api/search?date=2027-03-01&party_size={}&duration={}&limit={}&venue={}",
        "/api/webhooks?page={}",
        "/api/resources/{}",
        "/api/price-rules/{}",
        "/api/changes?since={}",
    ],
)
def test_pages_and_api(root: Client, address: str, huge: str) -> None:
    assert root.get(address.replace("{}", huge), follow=True).status_code in (200, 400, 401, 404)


def test_what_is_no_key_is_none() -> None:
    assert [read_key(text) for text in ("17", "", "-1", "x", "٣", *HUGE)] == [17, *[None] * 6]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_the_api_calls_it_the_clients_mistake(number: int) -> None:
    with pytest.raises((OverflowError, DataError)) as raised:
        list(Venue.objects.filter(pk__in=[number]).extra(where=["id = %s"], params=[number]))
    answer = exception_handler(raised.value, {"view": None})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (400, "malformed")


@pytest.mark.parametrize("error", [ValueError("x"), OverflowError("x"), DataError("x"), None])
def test_other_mistakes_stay_ours(error: Exception | None) -> None:
    assert not is_number_too_large(error)
