"""The first run of an installation of one's own."""

from io import StringIO
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from resources.management.commands.set_up import PASSWORD_VARIABLE
from resources.models import Venue, VenueMembership

pytestmark = pytest.mark.django_db
ANSWERS = {
    "email": "Owner@Example.com",
    "venue": "Old Mill",
    "time_zone": "Europe/Berlin",
    "currency": "eur",
    "country": "de",
}


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(PASSWORD_VARIABLE, "correct horse battery")
    return "correct horse battery"


def _set_up(**changes: Any) -> str:
    said = StringIO()
    call_command("set_up", **(ANSWERS | changes), stdout=said)
    return said.getvalue()


def test_an_owner_and_a_venue_are_made_and_can_be_worked_with(client: Client, password: str) -> None:
    assert "owner@example.com" in _set_up().lower()
    venue = Venue.objects.get()
    assert (venue.slug, venue.currency, venue.country) == ("old-mill", "EUR", "DE")
    assert VenueMembership.objects.get().user.is_superuser
    assert client.login(username="owner@example.com", password=password)
    assert client.get(reverse("admin:resources_venue_change", args=[venue.pk])).status_code == 200
    form = client.get(reverse("admin:resources_resource_add")).context["adminform"].form
    assert form.initial["venue"] == venue.pk  # the only one there is
    assert form.fields["rules"].queryset.get().venue == venue
    home = client.get("/").content
    assert b"Add a place" in home
    assert b'href="/lend/desk/">Lend things' in home
    assert b'href="/studio/">Offer classes' in home
    where_it_begins = reverse("admin:resources_venue_change", args=[venue.pk])
    assert where_it_begins in client.get("/studio/").content.decode()
    with pytest.raises(CommandError, match="already"):
        _set_up(email="other@example.com")


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"email": "nobody"}, "email"),
        ({"time_zone": "Berlin"}, "timezone 'Berlin'"),
        ({"currency": "euro"}, "currency"),
        ({"country": "Germany"}, "country"),
    ],
)
def test_wrong_answers_make_nothing(changes: dict[str, str], told: str) -> None:
    with pytest.raises(CommandError) as refused:
        _set_up(**changes)
    assert told in str(refused.value)
    assert not Venue.objects.exists()
    assert not User.objects.exists()


@pytest.mark.once
def test_without_a_terminal_it_says_how_to_give_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE)
    monkeypatch.setattr("resources.management.commands.set_up.getpass", Mock(side_effect=EOFError))
    with pytest.raises(CommandError, match=PASSWORD_VARIABLE):
        _set_up()
    assert not User.objects.exists()


@pytest.mark.once
def test_weak_passwords_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "12345")
    with pytest.raises(CommandError, match="too short"):
        _set_up()
    assert not User.objects.exists()
