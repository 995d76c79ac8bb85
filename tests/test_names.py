"""A name is what it looks like, and looks like something."""

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from django.urls import get_resolver
from rest_framework import serializers

from accounts.models import User
from accounts.tests.api_helpers import NEW, post
from common.api_views import StrictSerializer
from common.names import check_name, check_names, drop_controls
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


@pytest.mark.once
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


@pytest.mark.once
@pytest.mark.django_db
def test_the_admin_refuses_them_for_things(client: Client) -> None:
    room = make_resource()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    answer = client.post(f"/admin/resources/resource/{room.pk}/change/", {"name": "Room \u202e1"})
    assert "invisible characters" in answer.content.decode()
    assert not Resource.objects.filter(name__contains="\u202e").exists()


# --- Every text that somebody types ---------------------------------------------------------------
# A text of one line that others read is a name and is checked. What is none stands here by its name.
NO_NAMES = {
    # Chosen, or read in a form of its own
    *("code", "country", "currency", "language", "rule", "time_zone", "weekdays", "provider", "extension"),
    *("product", "embedded_on", "embed_origins", "color", "privacy_url", "terms_url", "imprint_url"),
    "resource",
    *(
        "agreed",
        "idempotency_key",
        "key",
        "month",
        "phone",
        "customer_phone",
        "resource_id",
        "venue",
        "uid",
        "prefix",
    ),
    *("date", "earliest_time", "end", "end_time", "ends_on", "expires_at", "instead", "latest_time"),
    *("preferred_date", "preferred_time", "start", "start_time", "starts_on", "time", "starts"),
    *("url", "checkout_url", "checkout_reference", "of_reference", "provider_reference"),
    *("login", "q", "reference", "resource_ids", "to", "skip", "features"),
    # Secrets
    *("bearer_token", "current_password", "digest", "manage_token", "new_password", "new_token"),
    *("oldpassword", "password", "password1", "password2", "refresh_token", "secret", "old_secret", "token"),
    *("content_hash", "etag", "last_modified", "sealed_url"),
    # Of several lines, or between two people
    *("answer", "cancel_reason", "description", "html", "note", "notes", "requests", "special_requests"),
    *("terms", "text", "reason", "end_reason", "bio"),
    # What we write ourselves
    *("disabled_reason", "last_error", "skip_reason"),
}
CHECKED_AFTER_ALL = {
    *("AvailabilityOverride.reason", "OverrideInput.reason", "ClosureInput.reason"),
    *("Question.text", "QuestionInput.text"),
    *("WebhookEndpoint.description", "WebhookInput.description", "WebhookChangeInput.description"),
}
UNCHECKED_AFTER_ALL = {
    # Compared with those there are, or not read at all.
    *("SignInInput.username", "SignInInput.email", "TokenInput.username"),
    *("GoogleInput.credential", "GoogleInput.google_id", "GoogleInput.email"),
    *("TokenInput.scope", "TokenInput.client_id", "TokenInput.client_secret"),
    "SignUpForm.username",  # by the model
}
NEVER_TYPED = {
    *("StoredAnswer", "Job", "SweepFailure", "SecurityEvent", "Change", "Message", "WebhookDelivery"),
    *("ConfigurationStamp", "Bill", "ReservationEvent", "ExternalEvent", "StreamTicket", "StoredFile"),
}
OTHER_TEXTS = (models.EmailField, models.URLField, models.SlugField)
OTHER_INPUTS = (serializers.EmailField, serializers.URLField, serializers.SlugField, serializers.RegexField)
OTHER_FIELDS = (forms.EmailField, forms.URLField, forms.SlugField, forms.UUIDField)


def test_every_name_is_checked_at_every_door() -> None:
    texts = dict([*_columns(), *_inputs(), *_form_fields()])
    unchecked = {name for name, field in texts.items() if not _is_checked(field)}
    expected = {name for name in texts if name.partition(".")[2] in NO_NAMES} - CHECKED_AFTER_ALL
    assert unchecked == expected | UNCHECKED_AFTER_ALL
    assert texts.keys() >= CHECKED_AFTER_ALL | UNCHECKED_AFTER_ALL
    assert {name.partition(".")[2] for name in texts} >= NO_NAMES, "no longer there"


def _is_checked(field: Any) -> bool:
    return any(check in field.validators for check in (check_name, check_names))


def _columns() -> Iterator[tuple[str, Any]]:
    for model in apps.get_models():
        is_ours = model._meta.app_label in ROOMS and model.__name__ not in NEVER_TYPED
        if is_ours and not model._meta.proxy and not model.__name__.startswith("Historical"):
            for field in model._meta.concrete_fields:
                is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
                if is_text and not isinstance(field, OTHER_TEXTS):
                    yield f"{model.__name__}.{field.name}", field


def _inputs() -> Iterator[tuple[str, Any]]:
    for kind in _ours(StrictSerializer):
        for name, field in kind().get_fields().items():
            text = field.child if isinstance(field, serializers.ListField) else field
            if isinstance(text, serializers.CharField) and not isinstance(text, OTHER_INPUTS):
                yield f"{kind.__name__}.{name}", text


def _form_fields() -> Iterator[tuple[str, Any]]:
    for kind in _ours(forms.BaseForm):
        for name, field in getattr(kind, "base_fields", {}).items():
            # Of a model's form the model checks.
            is_models = name in (getattr(getattr(kind, "_meta", None), "fields", None) or ())
            if isinstance(field, forms.CharField) and not isinstance(field, OTHER_FIELDS) and not is_models:
                yield f"{kind.__name__}.{name}", field


ROOMS = {
    *("accounts", "calendars", "common", "frontdesk", "live", "notifications", "payments", "reservations"),
    *("resources", "search", "storefront", "waitlist", "webhooks"),
}


def _ours(kind: Any) -> Iterator[Any]:
    assert get_resolver().url_patterns  # every room's views, and with them its forms, are loaded
    for below in kind.__subclasses__():
        if below.__module__.partition(".")[0] in ROOMS and ".tests" not in below.__module__:
            yield below
        yield from _ours(below)


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("resources/question/add", {"text": "Why\u202e?"}),
        ("resources/question/add", {"text": "Which?", "kind": "choice", "choices": "A\nB\u202e"}),
        ("resources/resourcegroup/add", {"name": "Ro\u200boms"}),
        ("waitlist/waitlistentry/add", {"customer_name": "\u2800"}),
        ("notifications/messagetemplate/add", {"subject": "Booked\r\nBcc: x"}),
    ],
)
def test_forms_of_the_admin_refuse_them(client: Client, address: str, fields: dict[str, str]) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    answer = client.post(f"/admin/{address}/", fields)
    wrong = list(fields)[-1]
    assert "visible" in str(answer.context["adminform"].form.errors.get(wrong)), (wrong, answer.context)


def test_others_texts_lose_what_cannot_be_seen() -> None:
    assert drop_controls("Stand\u202eup\nat 9\x00 👩\u200d💻") == "Standup at 9 👩\u200d💻"
