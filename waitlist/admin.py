"""The waitlist in the admin: who waits, at which place, and who was passed over and why."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_scope import VenueFilter, VenueScopedAdmin, for_each
from accounts.models import User
from common.errors import DomainError, Forbidden
from common.transactions import rehearsal
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from resources.enums import Role
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.permissions import can_manage
from waitlist.selectors import positions
from waitlist.services import change_entry, join_waitlist, leave_waitlist

WISH = ("preferred_on", "earliest_time", "latest_time", "duration", "party_size")
CONTACT = ("customer_name", "customer_email", "customer_phone")
STATUS = WaitlistEntry.Status


class EntryForm(forms.ModelForm[WaitlistEntry]):
    """Checks by rehearsing the service, so that a refusal stands in the form and nothing typed is lost."""

    actor: Actor  # of the request, set by the admin

    class Meta:
        model = WaitlistEntry
        fields = ("venue", "resource", "group", *WISH, *CONTACT, "priority")

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        if not self.errors:
            try:
                with rehearsal(dry_run=True):
                    self.carry_out()
            except DomainError as error:
                known = {name: text for name, text in error.fields.items() if name in self.fields}
                raise ValidationError(known or str(error)) from error
        return given

    def carry_out(self) -> WaitlistEntry:
        """Raises what ``join_waitlist`` and ``change_entry`` raise."""
        given = self.cleaned_data
        if not self.instance._state.adding:
            changes = {name: given[name] for name in self.changed_data}
            return change_entry(entry_id=self.instance.pk, actor=self.actor, changes=changes)  # type: ignore[arg-type]
        resource, group = given["resource"], given["group"]
        joined = join_waitlist(
            venue_id=given["venue"].pk,
            resource_id=resource and resource.pk,
            group_id=group and group.pk,
            customer=Customer(None, *(str(given[name] or "") for name in CONTACT)),
            actor=self.actor,
            **{name: given[name] for name in WISH},
        )
        if given["priority"]:
            change_entry(entry_id=joined.pk, actor=self.actor, changes={"priority": given["priority"]})
        return joined

    def _post_clean(self) -> None:
        """The service writes; the model's own checks would only repeat its rules."""

    def save(self, commit: bool = True) -> WaitlistEntry:
        return self.instance

    def save_m2m(self) -> None: ...


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(VenueScopedAdmin[WaitlistEntry]):
    changing_roles = (Role.MANAGER, Role.STAFF)
    form = EntryForm
    list_display = (
        "preferred_on",
        "thing",
        "place",
        "customer_name",
        "contact",
        "party_size",
        "priority",
        "status",
        "skip_reason",
        "created_at",
    )
    list_filter = (
        VenueFilter,
        "status",
        ("resource", admin.RelatedOnlyFieldListFilter),
        ("group", admin.RelatedOnlyFieldListFilter),
    )
    date_hierarchy = "preferred_on"
    search_fields = ("customer_name", "customer_email", "customer_phone")
    actions = ("to_the_front", "mark_contacted", "mark_waiting", "take_off")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaitlistEntry]:
        return super().get_queryset(request).select_related("venue", "resource", "group")

    def get_readonly_fields(self, request: HttpRequest, obj: WaitlistEntry | None = None) -> tuple[str, ...]:
        """Another thing or date is another queue, joined at its end."""
        if obj is None:
            return ()
        return ("venue", "resource", "group", "preferred_on", "status", "skip_reason", "skipped_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made: Any = super().get_form(request, obj, change, **kwargs)
        made.actor = actor_of(request)
        return made

    def save_model(self, request: HttpRequest, obj: WaitlistEntry, form: Any, change: bool) -> None:
        obj.__dict__.update(form.carry_out().__dict__)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # taking somebody off the list gives back what is held for them

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Places in the queues of the rows shown, with one query."""
        found = super().get_changelist_instance(request)
        places = positions(found.result_list)
        for row in found.result_list:
            row.known_place = places.get(row.pk)
        return found

    @admin.display(description=_("what"))
    def thing(self, entry: WaitlistEntry) -> str:
        return entry.thing.name

    @admin.display(description=_("place"))
    def place(self, entry: WaitlistEntry) -> int | None:
        found: int | None = getattr(entry, "known_place", None)
        return found

    @admin.display(description=_("contact"))
    def contact(self, entry: WaitlistEntry) -> str:
        return ", ".join(str(each) for each in (entry.customer_email, entry.customer_phone) if each)

    @admin.action(description=_("Put at the front of the queue"))
    def to_the_front(self, request: HttpRequest, chosen: QuerySet[WaitlistEntry]) -> None:
        self.change(request, chosen, _put_first)

    @admin.action(description=_("Mark as contacted"))
    def mark_contacted(self, request: HttpRequest, chosen: QuerySet[WaitlistEntry]) -> None:
        self.change(request, chosen, _becomes(STATUS.CONTACTED))

    @admin.action(description=_("Mark as waiting"))
    def mark_waiting(self, request: HttpRequest, chosen: QuerySet[WaitlistEntry]) -> None:
        self.change(request, chosen, _becomes(STATUS.WAITING))

    @admin.action(description=_("Take off the waitlist"))
    def take_off(self, request: HttpRequest, chosen: QuerySet[WaitlistEntry]) -> None:
        self.change(request, chosen, lambda entry, actor: leave_waitlist(entry_id=entry.pk, actor=actor))

    def change(self, request: HttpRequest, chosen: Iterable[WaitlistEntry], act: "Change") -> None:
        """Runs a service for each entry; refusals become messages, the others go on."""

        def allowed(entry: WaitlistEntry) -> None:
            if not can_manage(request.user, entry):
                raise Forbidden(_("Your role here is to look."))
            act(entry, actor_of(request))

        if done := for_each(request, chosen, allowed):
            messages.success(request, ngettext("%d entry changed.", "%d entries changed.", done) % done)


Change = Callable[[WaitlistEntry, Actor], object]


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user if isinstance(request.user, User) else None, Source.STAFF)


def _becomes(status: str) -> Change:
    return lambda entry, actor: change_entry(entry_id=entry.pk, actor=actor, changes={"status": status})


def _put_first(entry: WaitlistEntry, actor: Actor) -> None:
    """Above everybody who waits for the same thing on the same day."""
    queue = WaitlistEntry.objects.waiting().filter(
        venue=entry.venue_id,
        resource=entry.resource_id,
        group=entry.group_id,
        preferred_on=entry.preferred_on,
    )
    first = queue.in_order().exclude(pk=entry.pk).first()
    highest = max(first.priority + 1, entry.priority) if first else entry.priority
    change_entry(entry_id=entry.pk, actor=actor, changes={"priority": highest})


@admin.register(WaitlistOffer)
class WaitlistOfferAdmin(VenueScopedAdmin[WaitlistOffer]):
    list_display = ("entry", "reservation", "deadline_at", "outcome")
    list_filter = ("outcome",)
    list_select_related = ("entry", "reservation")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
