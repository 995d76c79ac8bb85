"""What apps add to ``POST /api/auth/register``, shown by one that asks for a role."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings
from rest_framework import serializers

from accounts.api.inputs import RegistrationInput
from accounts.api.profile import ProfilePart
from accounts.api.profile import parts as profile_parts
from accounts.models import User
from accounts.registration import RegistrationPart, registration_parts
from accounts.tests.api_helpers import NEW, bearer, post, verified_user, whoami
from common.api_views import StrictSerializer
from common.errors import Busy
from common.names import check_name
from common.serializing import Shape

pytestmark = pytest.mark.django_db


class RoleInput(StrictSerializer):
    role = serializers.ChoiceField(
        ["user", "facilitator"],
        default="user",
        error_messages={"invalid_choice": 'There is no role "{input}": it is user or facilitator.'},
    )
    bio = serializers.CharField(max_length=2000, required=False, validators=[check_name])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("bio") and attrs["role"] != "facilitator":
            raise serializers.ValidationError({"bio": "Only facilitators have one."})
        return attrs


def record(user: User, given: Mapping[str, Any]) -> None:
    group, _is_new = Group.objects.get_or_create(name=f"{given['role']} {given.get('bio', '')}".strip())
    user.groups.add(group)


@pytest.fixture(autouse=True)
def without_products() -> Iterator[None]:
    """What is shown here is asked by this test alone."""
    own = dict(registration_parts.items())
    for name in own:
        registration_parts.unregister(name)
    yield
    for name, part in own.items():
        registration_parts.register(name, part)


@pytest.fixture
def part() -> Iterator[RegistrationPart]:
    part = RegistrationPart(RoleInput, record)
    registration_parts.register("classes", part)
    yield part
    registration_parts.unregister("classes")


def roles() -> list[str]:
    return list(Group.objects.filter(user__isnull=False).values_list("name", flat=True))


@pytest.mark.once
def test_without_a_part_its_fields_are_unknown(client: Client) -> None:
    answer = post(client, "register", NEW | {"role": "facilitator", "bio": "Yoga"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert list(answer.json()["fields"]) == ["role", "bio"]


@pytest.mark.once
def test_what_is_asked_is_kept_with_the_account(client: Client, part: RegistrationPart) -> None:
    assert post(client, "register", NEW | {"role": "facilitator", "bio": "Yoga"}).status_code == 201
    assert roles() == ["facilitator Yoga"]
    assert post(client, "register", {**NEW, "email": "bob@example.com"}).status_code == 201
    assert User.objects.get(email="bob@example.com").groups.get().name == "user"


@pytest.mark.once
def test_the_role_stands_in_every_answer_that_signs_in(client: Client, part: RegistrationPart) -> None:
    """As document 004 has it, together with what other documents have."""

    class RoleShape(Shape):
        role = serializers.ChoiceField(["user", "facilitator"])

    def read_role(user: User) -> dict[str, str]:
        return {"role": user.groups.get().name.split()[0]}

    profile_parts.register("role", ProfilePart(RoleShape, read_role))
    try:
        given = {"name": "John Doe", "role": "facilitator", "bio": "Yoga"}
        registered = post(client, "register", NEW | given)
        signed_in = post(Client(), "login", NEW)
    finally:
        profile_parts.unregister("role")
    assert (registered.status_code, signed_in.status_code) == (201, 200)
    for answer in (registered.json(), signed_in.json()):
        shown = {name: answer["user"][name] for name in ("email", "name", "role")}
        assert shown == {"email": NEW["email"], "name": "John Doe", "role": "facilitator"}
        assert UUID(answer["user"]["id"])
        assert whoami(**bearer(answer["access_token"])).status_code == 200


@pytest.mark.once
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"role": "Facilitator"}, "role"),
        ({"role": ""}, "role"),
        ({"role": None}, "role"),
        ({"role": ["facilitator"]}, "role"),
        ({"bio": "Yoga"}, "bio"),
        ({"role": "facilitator", "bio": "x" * 2001}, "bio"),
        ({"role": "facilitator", "bio": "nul\x00"}, "bio"),
        ({"parts": {"classes": {"role": "facilitator"}}}, "parts"),
        ({"specialisation": "Yoga"}, "specialisation"),
        ({"role": "facilitator", "is_staff": True}, "is_staff"),
    ],
)
def test_what_cannot_be_makes_no_account(
    client: Client, part: RegistrationPart, wrong: dict[str, Any], field: str
) -> None:
    answer = post(client, "register", NEW | wrong)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not User.objects.exists()
    assert roles() == []


@pytest.mark.once
def test_an_unknown_role_is_told_which_there_are(client: Client, part: RegistrationPart) -> None:
    answer = post(client, "register", NEW | {"role": "admin"}).json()
    assert (answer["code"], answer["error"]) == (
        "invalid",
        'There is no role "admin": it is user or facilitator.',
    )


@pytest.mark.once
def test_its_mistakes_are_told_together_with_the_others(client: Client, part: RegistrationPart) -> None:
    answer = post(client, "register", {"email": "nonsense", "password": "x", "role": "admin"}).json()
    assert set(answer["fields"]) == {"email", "role"}


def test_account_and_role_are_made_together_or_not_at_all(client: Client) -> None:
    def fail(user: User, given: Mapping[str, Any]) -> None:
        record(user, given)
        raise Busy

    registration_parts.register("classes", RegistrationPart(RoleInput, fail))
    try:
        assert post(client, "register", NEW).status_code == 503
    finally:
        registration_parts.unregister("classes")
    assert not User.objects.exists()
    assert not Group.objects.exists()


def test_nobody_takes_a_role_in_an_account_that_is_there(settings: Settings, part: RegistrationPart) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    verified_user(email="known@example.com")
    answers = []
    for email, role in (("known@example.com", "facilitator"), ("new@example.com", "user")):
        answer = post(Client(), "register", {**NEW, "email": email, "role": role})
        answers.append((answer.status_code, answer.json()))
    assert answers == [(202, {"verification": "pending"})] * 2
    assert roles() == ["user"]


@pytest.mark.once
def test_two_cannot_ask_for_the_same(part: RegistrationPart) -> None:
    class Clash(StrictSerializer):
        password = serializers.CharField()

    for shape in (Clash, RoleInput):
        registration_parts.register("clash", RegistrationPart(shape, record))
        try:
            with pytest.raises(ImproperlyConfigured, match="clash asks for"):
                _ = RegistrationInput().fields
        finally:
            registration_parts.unregister("clash")


def document() -> dict[str, Any]:
    patterns = [path("api/", include("accounts.api.urls"))]
    whole: Any = SchemaGenerator(patterns=patterns).get_schema(public=True)  # type: ignore[no-untyped-call]
    found: dict[str, Any] = whole["components"]["schemas"]["RegistrationInputRequest"]
    return found


@pytest.mark.once
def test_the_description_shows_it_while_it_is_registered(part: RegistrationPart) -> None:
    described = document()
    assert set(described["required"]) == {"email", "password"}
    assert described["properties"]["bio"]["maxLength"] == 2000
    assert "role" in described["properties"]


@pytest.mark.once
def test_the_description_is_as_before_without() -> None:
    assert not {"role", "bio", "parts"} & document()["properties"].keys()
