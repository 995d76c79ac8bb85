"""A name is what it looks like, and looks like something."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from accounts.tests.api_helpers import NEW, post
from common.names import check_name
from reservations.api.inputs import CustomerInfoInput
from resources.models import Resource
from storefront.forms import DetailsForm
from tests.factories import make_resource, make_user

REFUSED = (
    "Ada\nBcc: x",
    "Ada\x00",
    "Ada\tB",
    "Ada \u202egnp",
    "\u2066Ada",
    "Ad\u200ba",
    "\ufeffAda",
    "\u200e",
    "A\u2028B",
    "\u3164",
    "\u2800\u115f",
    "\u200d",
    "\u00a0",
)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_seen_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        check_name(name)


@pytest.mark.parametrize(
    "name", ["", "Ada Lovelace", "Åsa", "王小明", "می\u200cخواهم", "👩\u200d💻", "J.-P. d’Été"]
)
def test_names_of_the_world_are_names(name: str) -> None:
    check_name(name)


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["name", "full_name", "first_name", "last_name"])
def test_accounts_are_not_made_with_such_names(client: Client, field: str) -> None:
    answer = post(client, "register", NEW | {field: "Ada \u202egnp"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not User.objects.exists()


def test_bookings_are_not_made_with_such_names() -> None:
    details = {"name": "\u3164", "email": "ada@example.com"}
    assert list(DetailsForm(details, country="DE").errors) == ["name"]
    sent = CustomerInfoInput(data=details)
    assert not sent.is_valid()
    assert list(sent.errors) == ["name"]


@pytest.mark.django_db
def test_the_admin_refuses_them_for_things(client: Client) -> None:
    room = make_resource()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    answer = client.post(f"/admin/resources/resource/{room.pk}/change/", {"name": "Room \u202e1"})
    assert "cannot be seen" in answer.content.decode()
    assert not Resource.objects.filter(name__contains="\u202e").exists()
