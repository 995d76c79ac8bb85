"""Whom a venue has had as customers, as its own bookings know them."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_actions import Question, ask_first
from accounts.admin_clock import venue_moment
from accounts.admin_history import HistoryEntry
from accounts.admin_lists import CountingPaginator
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each
from accounts.privacy import Person, guest_of, guest_with
from accounts.services.guests import erase_guest
from accounts.views.guest_data import answer_document
from common.counting import RowCount, count_rows
from common.errors import Forbidden
from common.prefixes import by_name, in_lower_case
from common.subjects import Subject
from common.templatetags.holdfast import moment
from reservations.enums import SUBJECT
from reservations.models import VenueCustomer
from resources.enums import Role

MOST_SHOWN = 200


def _is_guest(row: VenueCustomer) -> bool:
    return not row.all_bookings().exclude(customer=None).exists()


def _guest_of(row: VenueCustomer) -> Person:
    contact = row.customer_email or str(row.customer_phone or "")
    return guest_with(contact, row.venue_id) if contact else guest_of(Subject(SUBJECT, str(row.pk)))


def _erase_guest(row: VenueCustomer) -> None:
    """At this venue. Raises ``BookingsOpen`` while something is still to come."""
    if not _is_guest(row):
        raise Forbidden(_("This person has an account and can delete their data there."))
    erase_guest(_guest_of(row))


def _tell_erased(row: VenueCustomer) -> Iterator[str | Promise]:
    contact = row.customer_email or row.phone_text or _("no email address or phone number")
    yield f"{row} · {contact}"
    yield _("Deletes name, contact details, requests and messages at this venue. Amounts and times are kept.")


ERASE = Question("erase", _("Delete these guests' data"), _tell_erased)


class NewestFirst(CountingPaginator):
    """Whoever booked long ago has often come again since: most rows that are old are nobody's latest."""

    @cached_property
    def total(self) -> RowCount:
        return count_rows(self.rows, in_order=True)


class VenueCustomerAdmin(VenueScopedAdmin[VenueCustomer]):
    """To look at. A row is the person's latest booking at that venue; nothing of their account is shown."""

    viewing_roles = (Role.MANAGER,)
    list_display = ("name", "customer_email", "phone", "venue", "booking_count", "latest_start")
    list_filter = (OwnVenueFilter,)
    list_select_related = ("venue",)
    searched = (by_name("customer_name"), in_lower_case("customer_email"))
    phone_fields = ("customer_phone",)
    search_help_text = _("How name, surname, email address or phone begins")
    ordering = ("-id",)
    paginator = NewestFirst
    list_per_page = 50
    actions = ("download", "erase")
    fields = readonly_fields = ("name", "customer_email", "phone", "venue", "bookings")

    def get_queryset(self, request: HttpRequest) -> QuerySet[VenueCustomer]:
        rows: Any = super().get_queryset(request)
        latest: QuerySet[VenueCustomer] = rows.latest_of_each().select_related("venue")
        return latest

    @admin.action(description=_("Download this guest's data"), permissions=["view"])
    def download(self, request: HttpRequest, rows: QuerySet[VenueCustomer]) -> HttpResponse | None:
        guests = list(rows[:2])
        if len(guests) != 1 or not _is_guest(guests[0]):
            messages.error(request, _("Choose one guest without an account."))
            return None
        return answer_document(_guest_of(guests[0]))

    @admin.action(description=_("Delete these guests' data"), permissions=["view"])
    def erase(self, request: HttpRequest, rows: QuerySet[VenueCustomer]) -> HttpResponse | None:
        if asked := ask_first(self, request, rows, ERASE):
            return asked
        if erased := run_for_each(request, rows, _erase_guest):
            messages.success(
                request, ngettext("Data of %d guest deleted.", "Data of %d guests deleted.", erased) % erased
            )
        return None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def list_history(self, row: VenueCustomer) -> list[HistoryEntry]:
        return []

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        counts = VenueCustomer.objects.count_bookings(changelist.result_list)
        for row in changelist.result_list:
            row.counted = counts[row.pk]
        return changelist

    @admin.display(description=_("name"), ordering="customer_name")
    def name(self, customer: VenueCustomer) -> str:
        return customer.customer_name or "–"

    @admin.display(description=_("phone"))
    def phone(self, customer: VenueCustomer) -> str:
        return customer.phone_text or "–"

    @admin.display(description=_("bookings"))
    def booking_count(self, customer: VenueCustomer) -> int:
        counted: int = getattr(customer, "counted", 0)
        return counted

    @admin.display(description=_("latest booking"))
    def latest_start(self, customer: VenueCustomer) -> str:
        return venue_moment(customer.starts_at, customer.venue.zone)

    @admin.display(description=_("bookings"))
    def bookings(self, customer: VenueCustomer) -> str:
        rows = customer.all_bookings().select_related("venue").order_by("-starts_at")[:MOST_SHOWN]
        links = [
            (
                reverse("admin:reservations_reservation_change", args=[row.pk]),
                row.code,
                moment(row.local_start),
                row.get_status_display(),
            )
            for row in rows
        ]
        return format_html_join("", '<div><a href="{}">{}</a> {} · {}</div>', links) or format_html("–")
