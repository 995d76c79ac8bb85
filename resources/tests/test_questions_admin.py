"""Managers write questions and terms in the admin; every change leaves history and counts at once."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from resources.catalog import bookable
from resources.enums import AnswerKind, Role
from resources.models import Question, Resource
from tests.factories import make_member, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def manager_client(client: Client, room: Resource) -> Client:
    client.force_login(make_member(room.venue, Role.MANAGER))
    return client


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What the admin's page would send when nothing is changed."""
    response = client.get(address)
    forms = [response.context["adminform"].form]
    for formset in response.context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    found = {}
    for form in forms:
        for field in form:
            value = None if field.name in ("photo", "logo") else field.value()
            found[field.html_name] = "" if value is None else value
            if hasattr(field.field.widget, "decompress"):
                del found[field.html_name]
    return {name: value for name, value in found.items() if value is not False}


def added(prefix: str, **fields: Any) -> dict[str, Any]:
    row = {"text": "Chairs?", "kind": "number", "choices": "", "position": "0", "is_active": "on"} | fields
    return {f"{prefix}-TOTAL_FORMS": "1", **{f"{prefix}-0-{name}": value for name, value in row.items()}}


def test_a_question_below_its_resource_belongs_to_both(manager_client: Client, room: Resource) -> None:
    address = reverse("admin:resources_resource_change", args=[room.pk])

    answer = manager_client.post(address, form_of(manager_client, address) | added("questions"))

    assert answer.status_code == 302, answer.context["errors"]
    question = Question.objects.get()
    assert (question.venue, question.resource, question.history.count()) == (room.venue, room, 1)
    assert [each.text for each in bookable(room).questions] == ["Chairs?"]


def test_terms_and_a_question_below_the_venue(manager_client: Client, room: Resource) -> None:
    Question.objects.create(venue=room.venue, resource=room, text="Own")
    address = reverse("admin:resources_venue_change", args=[room.venue_id])
    form = form_of(manager_client, address)
    assert "Own" not in [value for value in form.values() if isinstance(value, str)]

    answer = manager_client.post(address, form | added("questions") | {"terms": "Be kind."})

    assert answer.status_code == 302, answer.context["errors"]
    assert [each.text for each in bookable(room).questions] == ["Chairs?", "Own"]
    assert bookable(room).terms == "Be kind."


def test_a_choice_needs_choices_and_a_resource_its_venue(room: Resource) -> None:
    for fields, named in (
        ({"kind": AnswerKind.CHOICE, "choices": "One"}, "choices"),
        ({"resource": make_resource()}, "resource"),
    ):
        with pytest.raises(ValidationError) as refused:
            Question(venue=room.venue, text="?", **fields).full_clean()
        assert list(refused.value.message_dict) == [named]
