from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_actions import Question, ask_first
from accounts.admin_clock import other_zone
from accounts.admin_rehearsal import RehearsedForm
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each
from accounts.models import User
from common.errors import Forbidden
from common.prefixes import by_name, in_lower_case
from common.templatetags.holdfast import moment
from common.venues import MANAGING
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from waitlist.choices import choosing_for_them
from waitlist.enums import WaitlistStatus
from waitlist.exceptions import OfferNotFound
from waitlist.matching import find_bar
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.naming import name_entry
from waitlist.permissions import can_manage
from waitlist.selectors import queue_positions
from waitlist.services import accept_offer, change_entry, join_waitlist, leave_waitlist, put_first, renew_link

WISH = ("preferred_on", "earliest_time", "latest_time", "duration", "party_size")
CONTACT = ("customer_name", "customer_email", "customer_phone")


class EntryForm(RehearsedForm[WaitlistEntry]):
    actor: Actor  # of the request, set by the admin

    class Meta:
        model = WaitlistEntry
        fields = ("venue", "resource", "group", *WISH, *CONTACT, "priority")

    def carry_out(self) -> WaitlistEntry:
        cleaned = self.cleaned_data
        if not self.instance._state.adding:
            changes = {name: cleaned[name] for name in self.changed_data}
            return change_entry(entry_id=self.instance.pk, actor=self.actor, changes=changes)  # type: ignore[arg-type]
        resource, group = cleaned["resource"], cleaned["group"]
        entry = join_waitlist(
            venue_id=cleaned["venue"].pk,
            resource_id=resource and resource.pk,
            group_id=group and group.pk,
            customer=Customer(None, *(str(cleaned[name] or "") for name in CONTACT)),
            actor=self.actor,
            **{name: cleaned[name] for name in WISH},
        )
        if cleaned["priority"]:
            change_entry(entry_id=entry.pk, actor=self.actor, changes={"priority": cleaned["priority"]})
        return entry

    # The service writes and checks; the model's checks would only repeat its rules.
    def _post_clean(self) -> None:
        pass

    def save(self, commit: bool = True) -> WaitlistEntry:
        return self.instance

    def save_m2m(self) -> None: ...


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(VenueScopedAdmin[WaitlistEntry]):
    viewing_roles = changing_roles = MANAGING
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
        OwnVenueFilter,
        "status",
        ("resource", admin.RelatedOnlyFieldListFilter),
        ("group", admin.RelatedOnlyFieldListFilter),
    )
    date_hierarchy = "preferred_on"
    searched = (by_name("customer_name"), in_lower_case("customer_email"))
    search_help_text = _("How name, surname, email address or phone begins")
    phone_fields = ("customer_phone",)
    actions = ("accept_for_them", "to_the_front", "mark_contacted", "mark_waiting", "renew_link", "take_off")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaitlistEntry]:
        return super().get_queryset(request).select_related("venue", "resource", "group")

    def get_readonly_fields(self, request: HttpRequest, obj: WaitlistEntry | None = None) -> tuple[str, ...]:
        """Another resource or date would be another queue, which is joined at its end."""
        if obj is None:
            return ()
        return (
            "venue",
            "resource",
            "group",
            "preferred_on",
            "status",
            "end_reason",
            "skip_reason",
            "skipped_at",
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class: Any = super().get_form(request, obj, change, **kwargs)
        form_class.actor = actor_of(request)
        return form_class

    def save_model(self, request: HttpRequest, obj: WaitlistEntry, form: Any, change: bool) -> None:
        obj.__dict__.update(form.carry_out().__dict__)
        if bar := find_bar(obj):  # staff may enter anybody; an offer is the person's own to take
            messages.warning(request, _("They won't get any offers: %(rule)s") % {"rule": bar.message})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # taking somebody off the list gives back what is held for them

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        # One query for the positions of all entries shown.
        position_by_entry = queue_positions(changelist.result_list)
        for entry in changelist.result_list:
            entry.queue_position = position_by_entry.get(entry.pk)
        return changelist

    @admin.display(description=_("what"))
    def thing(self, entry: WaitlistEntry) -> str:
        return name_entry(entry)

    @admin.display(description=_("place"))
    def place(self, entry: WaitlistEntry) -> int | None:
        position: int | None = getattr(entry, "queue_position", None)
        return position

    @admin.display(description=_("contact"))
    def contact(self, entry: WaitlistEntry) -> str:
        return ", ".join(str(channel) for channel in (entry.customer_email, entry.customer_phone) if channel)

    @admin.action(description=_("Accept the offer for them"))
    def accept_for_them(self, request: HttpRequest, entries: QuerySet[WaitlistEntry]) -> HttpResponse | None:
        if asked := ask_first(self, request, entries, ACCEPT):
            return asked
        self.act_on_each(request, entries, _accept_offer)
        return None

    @admin.action(description=_("Move to the front of the line"))
    def to_the_front(self, request: HttpRequest, entries: QuerySet[WaitlistEntry]) -> None:
        self.act_on_each(request, entries, lambda entry, actor: put_first(entry=entry, actor=actor))

    @admin.action(description=_("Mark as contacted"))
    def mark_contacted(self, request: HttpRequest, entries: QuerySet[WaitlistEntry]) -> None:
        self.act_on_each(request, entries, _set_status(WaitlistStatus.CONTACTED))

    @admin.action(description=_("Mark as waiting"))
    def mark_waiting(self, request: HttpRequest, entries: QuerySet[WaitlistEntry]) -> HttpResponse | None:
        # Whom nothing is offered to keeps everything: there is nothing to ask.
        offers = WaitlistOffer.objects.filter(entry__in=entries, outcome=WaitlistOffer.Outcome.OPEN)
        if offers.exists() and (asked := ask_first(self, request, entries, WAIT_AGAIN)):
            return asked
        self.act_on_each(request, entries, _set_status(WaitlistStatus.WAITING))
        return None

    @admin.action(description=_("Revoke the secret link"))
    def renew_link(self, request: HttpRequest, entries: QuerySet[WaitlistEntry]) -> None:
        self.act_on_each(request, entries, lambda entry, actor: renew_link(entry_id=entry.pk))

    @admin.action(description=_("Remove from waitlist"))
    def take_off(self, request: HttpRequest, entries: QuerySet[WaitlistEntry]) -> HttpResponse | None:
        if asked := ask_first(self, request, entries, TAKE_OFF):
            return asked
        self.act_on_each(
            request, entries, lambda entry, actor: leave_waitlist(entry_id=entry.pk, actor=actor)
        )
        return None

    def act_on_each(self, request: HttpRequest, entries: Iterable[WaitlistEntry], act: "EntryAction") -> None:

        def act_if_allowed(entry: WaitlistEntry) -> None:
            if not can_manage(request.user, entry):
                raise Forbidden(_("Your role can only view."))
            act(entry, actor_of(request))

        if changed := run_for_each(request, entries, act_if_allowed):
            messages.success(request, ngettext("%d entry changed.", "%d entries changed.", changed) % changed)


def _tell_taken_off(entry: WaitlistEntry) -> Iterator[str | Promise]:
    yield f"{date_format(entry.preferred_on)} · {name_entry(entry)} · {entry.who}"
    if entry.status not in WaitlistEntry.ACTIVE:
        yield _("Can't be removed: %(status)s") % {"status": entry.get_status_display()}
        return
    yield from _tell_released(entry)
    yield NO_EMAIL


def _tell_waiting_again(entry: WaitlistEntry) -> Iterator[str | Promise]:
    yield f"{date_format(entry.preferred_on)} · {name_entry(entry)} · {entry.who}"
    if entry.status not in WaitlistEntry.ACTIVE:
        yield _("Not possible: %(reason)s") % {"reason": entry.get_status_display()}
        return
    yield from _tell_released(entry)
    if _open_offers(entry).exists():
        yield _("They won't get this time offered again")
    yield NO_EMAIL


def _tell_released(entry: WaitlistEntry) -> Iterator[str | Promise]:
    for offer in _open_offers(entry):
        start = offer.reservation.local_start
        yield _("Releases %(time)s, held for them") % {"time": f"{moment(start)}{other_zone(start)}"}
        yield _("We'll email an offer to the next person in line for this time")


def _open_offers(entry: WaitlistEntry) -> QuerySet[WaitlistOffer]:
    return entry.offers.filter(outcome=WaitlistOffer.Outcome.OPEN).select_related("reservation__venue")


def _tell_accepted(entry: WaitlistEntry) -> Iterator[str | Promise]:
    yield f"{date_format(entry.preferred_on)} · {name_entry(entry)} · {entry.who}"
    for offer in _open_offers(entry):
        start = offer.reservation.local_start
        yield _("Books %(time)s") % {"time": f"{moment(start)}{other_zone(start)}"}
        if entry.customer_email:
            yield _("Email to %(address)s") % {"address": entry.customer_email}
        return
    yield _("No open offers")


def _accept_offer(entry: WaitlistEntry, actor: Actor) -> None:
    offer = _open_offers(entry).first()
    if offer is None:
        raise OfferNotFound
    with choosing_for_them(offer):
        accept_offer(offer_id=offer.pk, actor=actor)


NO_EMAIL = _("They won't get an email")
ACCEPT = Question("accept_for_them", _("Accept the offer for them"), _tell_accepted)
# Without a reason: nobody is told one.
TAKE_OFF = Question("take_off", _("Remove from waitlist"), _tell_taken_off)
WAIT_AGAIN = Question("mark_waiting", _("Mark as waiting"), _tell_waiting_again)
EntryAction = Callable[[WaitlistEntry, Actor], object]


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user if isinstance(request.user, User) else None, Source.STAFF)


def _set_status(status: str) -> EntryAction:
    return lambda entry, actor: change_entry(entry_id=entry.pk, actor=actor, changes={"status": status})


@admin.register(WaitlistOffer)
class WaitlistOfferAdmin(VenueScopedAdmin[WaitlistOffer]):
    viewing_roles = MANAGING
    list_display = ("entry", "reservation", "deadline_at", "outcome")
    list_filter = ("outcome",)
    list_select_related = ("entry__venue", "reservation")
    ordering = ("-id",)  # their keys tell when they were made

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
