"""What a form of the admin does not offer it does not take either: rows of other venues."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.forms import BaseForm, ModelChoiceField
from django.test import Client
from django.urls import reverse

from accounts.models import User
from classes.models import ClassType, PassKind, PayRate, Studio
from lending.models import LendingRules
from resources.enums import Role
from resources.models import (
    BookingRules,
    CancellationPolicy,
    Feature,
    OpeningHours,
    Resource,
    ResourceGroup,
    Venue,
    VenueMembership,
)
from tests.admin_forms import (
    admin_address,
    errors_on,
    one_of_each_sort,
    open_and_save,
    shown_values,
)
from tests.admin_world import World, make_world, new_rows
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(shared_rows: None) -> World:
    world = make_world()
    of_both = world.people["manager of both"] = make_member(world.venue, Role.MANAGER)
    VenueMembership.objects.create(venue=world.other, user=of_both, role=Role.MANAGER)
    return world


@dataclass(frozen=True)
class Choice:
    """A field in which one row is chosen, or some; with a ``prefix`` in another row of an inline."""

    field: str
    model: type[Model]
    prefix: str = ""

    @property
    def name(self) -> str:
        return f"{self.prefix}.{self.field}" if self.prefix else self.field

    def values(self, sent: dict[str, Any], row: Model) -> dict[str, Any]:
        if not self.prefix:
            return {self.field: [row.pk]}
        count = int(sent[f"{self.prefix}-TOTAL_FORMS"][0])
        return {f"{self.prefix}-TOTAL_FORMS": count + 1, f"{self.prefix}-{count}-{self.field}": [row.pk]}

    def problems(self, answer: Any) -> Any:
        if not self.prefix:
            return answer.context["adminform"].form.errors
        formsets = [inline.formset for inline in answer.context["inline_admin_formsets"]]
        return next(formset.errors[-1] for formset in formsets if formset.prefix == self.prefix)


def choices_on(page: Any) -> Iterator[Choice]:
    yield from _choices_in(page.context["adminform"].form)
    for inline in page.context["inline_admin_formsets"]:
        own_names = (inline.formset.fk.name, inline.formset._pk_field.name)
        choices = _choices_in(inline.formset.empty_form, inline.formset.prefix)
        yield from (choice for choice in choices if choice.field not in own_names)


def _choices_in(form: BaseForm, prefix: str = "") -> Iterator[Choice]:
    for name, field in form.fields.items():
        rows = field.queryset if isinstance(field, ModelChoiceField) else None  # of one row, or of several
        if rows is not None:
            yield Choice(name, rows.model, prefix)


CHOICES = {
    *("classes.classtype.policy", "classes.classtype.venue", "classes.course.class_type"),
    *("classes.facilitator.default_place", "classes.facilitator.pay_rate", "classes.facilitator.user"),
    *("classes.facilitator.venue", "classes.pass.kind", "classes.passkind.class_types"),
    *("classes.passkind.venue", "classes.payrate.venue", "classes.studio.venue"),
    *("calendars.externalcalendar.resource", "notifications.messagetemplate.venue"),
    *("lending.copy.resource", "lending.lendable.resource", "lending.lendable.rules"),
    "lending.lendingrules.venue",
    *("resources.availabilityoverride.resource", "resources.availabilityoverride.venue"),
    *("resources.bookingrules.venue", "resources.cancellationpolicy.venue", "resources.feature.venue"),
    *("resources.openinghours.resource", "resources.openinghours.venue", "resources.pricerule.resources"),
    *("resources.pricerule.venue", "resources.question.resource", "resources.question.venue"),
    *("resources.resource.cancellation_policy", "resources.resource.features", "resources.resource.person"),
    *("resources.resource.rules", "resources.resource.venue", "resources.resource.part_links.part"),
    *("resources.resourcegroup.venue", "resources.resourcegroup.member_links.resource"),
    *("resources.teaminvitation.venue", "resources.venue.memberships.user"),
    *("waitlist.waitlistentry.group", "waitlist.waitlistentry.resource", "waitlist.waitlistentry.venue"),
    "webhooks.webhookendpoint.venue",
}
OF_STAFF = {choice for choice in CHOICES if choice.startswith(("calendars.", "classes.pass.", "waitlist."))}
# These belong to the venue of whatever resource is chosen.
OF_THEIRS = (
    "externalcalendar.resource",
    "copy.resource",
    "lendable.resource",
    "course.class_type",
    "pass.kind",
)
OF_BOTH = {choice for choice in CHOICES if not choice.endswith((".venue", *OF_THEIRS))}
REFUSED = {
    "superuser": {choice for choice in OF_BOTH if not choice.endswith((".user", ".person"))},
    "manager of both": OF_BOTH,
    "manager": CHOICES,
    "staff": OF_STAFF,
    "manager here, staff there": CHOICES - OF_STAFF,
}


@pytest.mark.once
@pytest.mark.parametrize("person", REFUSED)
def test_no_form_takes_a_row_of_another_venue(client: Client, world: World, person: str) -> None:
    client.force_login(world.people[person])
    rows, tried = rows_elsewhere(world), set()
    # Managers see each form there is, and so tell what is new; for others only those that matter are opened.
    labels = None if person == "manager" else {".".join(choice.split(".")[:2]) for choice in REFUSED[person]}
    for address, label, filled_in in forms_for(client, world, labels):
        page = client.get(address)
        choices = {f"{label}.{choice.name}": choice for choice in choices_on(page) if choice.model in rows}
        assert person == "superuser" or choices.keys() <= CHOICES, "which of them are refused to whom?"
        refused = [choice for name, choice in choices.items() if name in REFUSED[person]]
        if refused:
            sent = shown_values(page) | filled_in
            for choice in refused:
                sent |= choice.values(sent, rows[choice.model])
            answer = client.post(address, sent)
            assert answer.status_code == 200, (address, "was saved")
            for choice in refused:
                assert choice.field in choice.problems(answer), (address, choice, errors_on(answer))
            tried |= choices.keys() & REFUSED[person]
    assert tried == REFUSED[person]


def rows_elsewhere(world: World) -> dict[type[Model], Model]:
    """One of each model whose rows belong to a venue."""
    models = (
        *(Resource, ResourceGroup, BookingRules, CancellationPolicy, Feature, LendingRules),
        *(ClassType, PassKind, PayRate, Studio),
    )
    rows: dict[type[Model], Model] = {
        model: model._default_manager.filter(venue=world.other)[0] for model in models
    }
    return rows | {Venue: world.other, User: make_member(world.other, Role.STAFF)}


def forms_for(
    client: Client, world: World, labels: Collection[str] | None
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """For each model the form to add a row, with what has to be filled in, and one to change a row."""
    request, additions = client.get(reverse("admin:index")).wsgi_request, new_rows(world)
    for model, model_admin in admin.site._registry.items():
        label = model._meta.label_lower
        if labels is not None and label not in labels:
            continue
        if model_admin.has_add_permission(request):
            yield admin_address(model, "add"), label, additions[label]
        ours = (row for row in model_admin.get_queryset(request) if is_of(world.venue, row))
        if changed := next((row for row in ours if model_admin.has_change_permission(request, row)), None):
            yield admin_address(model, "change", changed.pk), label, {}


def is_of(venue: Venue, row: Model) -> bool:
    return row == venue or getattr(row, "venue_id", None) == venue.pk


def test_a_row_stays_at_its_venue(client: Client, world: World) -> None:
    """Bookings and hours that refer to it would be left behind."""
    client.force_login(world.people["superuser"])
    for row in (world.room, OpeningHours.objects.filter(venue=world.venue)[0]):
        open_and_save(client, admin_address(type(row), "change", row.pk), venue=world.other.pk)
        row.refresh_from_db()
        assert row.venue == world.venue


@pytest.mark.once
@pytest.mark.parametrize("person", ["manager", "staff"])
def test_no_page_and_no_action_reaches_a_row_of_another_venue(
    client: Client, world: World, person: str
) -> None:
    client.force_login(world.people[person])
    request = client.get(reverse("admin:index")).wsgi_request
    for model, model_admin in admin.site._registry.items():
        elsewhere = _rows_elsewhere(model, world)
        before = _snapshot(elsewhere)
        for row in one_of_each_sort(elsewhere):
            for page in ("change", "delete", "history"):
                address = admin_address(model, page, row.pk)
                for answer in (client.get(address), client.post(address, {"post": "yes"})):
                    assert answer.status_code in (302, 403, 404, 405), address
        for action in model_admin.get_actions(request):
            chosen = {"action": action, "_selected_action": [row.pk for row in elsewhere]}
            client.post(admin_address(model, "changelist"), chosen | {"confirmed": "1", "post": "yes"})
        assert _snapshot(_rows_elsewhere(model, world)) == before, model


def _rows_elsewhere(model: type[Model], world: World) -> list[Model]:
    if model is Venue:
        return [world.other]
    if not any(field.name == "venue" for field in model._meta.get_fields()):
        return []
    return list(model._default_manager.filter(venue=world.other).order_by("pk"))


def _snapshot(rows: list[Model]) -> list[dict[str, Any]]:
    return [
        {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields} for row in rows
    ]


def test_a_role_elsewhere_is_not_changed_through_a_row_of_ones_own_page(client: Client, world: World) -> None:
    """The key of a membership is sent hidden; of another venue's it opens nothing."""
    client.force_login(world.people["manager here, staff there"])
    address = admin_address(Venue, "change", world.venue.pk)
    own = VenueMembership.objects.get(venue=world.other, user=world.people["manager here, staff there"])
    sent = shown_values(client.get(address))
    sent |= {"memberships-0-id": [own.pk], "memberships-0-role": [Role.MANAGER]}
    client.post(address, sent)
    own.refresh_from_db()
    assert own.role == Role.STAFF
    assert client.post(admin_address(Venue, "change", world.other.pk), sent).status_code == 403


@pytest.mark.once
def test_accounts_are_not_offered_to_be_looked_through(client: Client, world: World) -> None:
    client.force_login(world.people["manager"])
    stranger = make_user("somebody@example.com")
    asked = {"app_label": "resources", "model_name": "venuemembership", "field_name": "user"}
    answer = client.get(reverse("admin:autocomplete"), asked | {"term": "some"})
    assert answer.status_code == 403
    page = client.get(admin_address(Venue, "change", world.venue.pk)).content.decode()
    assert stranger.email not in page
