"""Sessions and seats: looked at; called off, changed and cancelled by services."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from accounts.admin_actions import Question, ask_first, shown_version
from accounts.admin_scope import OwnVenueFilter, run_for_each
from classes.admin.shared import RecordAdmin, RecordInline, WrittenForm, actor_of
from classes.enums import SessionStatus
from classes.models import Instalment, PlanTerm, SeatBooking, Session, Tier
from classes.permissions import manages_classes
from classes.services import cancel_booking, cancel_session, change_session
from common.clock import now
from common.errors import DomainError, Forbidden
from common.templatetags.holdfast import moment, money
from reservations.domain.values import SYSTEM
from reservations.exceptions import StaleVersion
from reservations.services import cancellation_preview

EDITED = ("title", "description", "capacity", "online_capacity", "price")


class SessionForm(WrittenForm):
    class Meta:
        model = Session
        fields = EDITED

    def carry_out(self) -> Session:
        changes: Any = {name: self.cleaned_data[name] for name in self.changed_data}
        if not changes:
            return cast(Session, self.instance)
        return change_session(session_id=self.instance.pk, changes=changes, actor=self.actor)


class TierInline(RecordInline):
    model = Tier
    fields = ("name", "amount", "quota", "due", "pays", "is_on_sale")

    @admin.display(description=_("price"))
    def amount(self, tier: Tier) -> str:
        return money(tier.price, tier.session.venue.currency)

    @admin.display(description=_("deposit"))
    def due(self, tier: Tier) -> str:
        return money(tier.deposit, tier.session.venue.currency)


class PlanInline(RecordInline):
    model = PlanTerm
    fields = ("percent", "due_on", "days_before")


@admin.register(Session)
class SessionAdmin(RecordAdmin):
    form = SessionForm
    list_display = ("title", "starts_at", "facilitator", "place", "capacity", "status", "venue")
    list_filter = (OwnVenueFilter, "status", "session_type")
    list_select_related = ("venue", "facilitator", "place")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "-id")
    search_fields = ("title", "facilitator__name")
    inlines = (TierInline, PlanInline)
    actions = ("call_off",)
    fieldsets = (
        (None, {"fields": ("venue", "title", "description", "class_type", "session_type", "status")}),
        (_("Time and place"), {"fields": ("starts_at", "ends_at", "facilitator", "substitute_for", "place")}),
        (_("Size and price"), {"fields": ("capacity", "online_capacity", "price", "course", "policy")}),
        (_("More"), {"fields": ("published_at", "cancel_reason", "created_at", "in_studio")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = [name for _title, options in self.fieldsets for name in options["fields"]]
        return tuple(name for name in shown if name not in EDITED)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, Session) and obj.status != SessionStatus.ACTIVE:
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "price" in form.changed_data:
            messages.warning(request, _("Bookings made already keep their price."))

    @admin.display(description=_("in the studio"))
    def in_studio(self, session: Session) -> str:
        address = reverse("classes-session", args=[session.venue.slug, session.pk])
        return format_html('<a href="{}">{}</a>', address, pgettext("action", "Open"))

    @admin.action(description=_("Call off"), permissions=("change",))
    def call_off(self, request: HttpRequest, rows: QuerySet[Session]) -> HttpResponse | None:
        if asked := ask_first(self, request, rows, CALL_OFF):
            return asked

        def act(session: Session) -> None:
            if not manages_classes(request.user, session.venue_id):
                raise Forbidden
            if shown_version(request, session) not in (None, session.version):
                raise StaleVersion
            reason = request.POST.get("reason", "")
            cancel_session(session_id=session.pk, actor=actor_of(request), reason=reason)

        if done := run_for_each(request, rows.select_related("venue"), act):
            text = ngettext("%d session called off.", "%d sessions called off.", done)
            messages.success(request, text % done)
        return None


def _tell_call_off(session: Session) -> Iterator[str | Promise]:
    try:
        effect = cancel_session(session_id=session.pk, actor=SYSTEM, dry_run=True)
    except DomainError as error:
        yield _("Not possible: %(reason)s") % {"reason": error.in_words}
        return
    text = ngettext("%d person is told", "%d people are told", effect.people)
    yield text % effect.people
    yield _("%(amount)s is refunded") % {"amount": money(effect.refunded, effect.currency)}


CALL_OFF = Question("call_off", _("Call off"), _tell_call_off, True, lambda session: session.version)


class InstalmentInline(RecordInline):
    model = Instalment
    fields = ("due_on", "sum", "status")

    @admin.display(description=_("amount"))
    def sum(self, part: Instalment) -> str:
        return money(part.amount, part.booking.session.venue.currency)


@admin.register(SeatBooking)
class SeatBookingAdmin(RecordAdmin):
    list_display = ("who", "session", "day", "seats", "tier", "attendance", "is_active")
    list_filter = (OwnVenueFilter, "is_active", "attendance")
    list_select_related = ("venue", "session__venue", "reservation", "tier")
    ordering = ("-id",)
    search_fields = ("guest_key",)
    search_help_text = _("Email address or title of the session")
    inlines = (InstalmentInline,)
    actions = ("cancel",)
    fields = (
        *("venue", "who", "session", "booking", "seats", "tier", "pays_plan"),
        *("notes", "attendance", "attendance_at", "is_active", "created_at"),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        for word in search_term.replace("\x00", "").split()[:5]:
            is_person = Q(guest_key__istartswith=word)
            queryset = queryset.filter(is_person | Q(session__title__icontains=word))
        return queryset, False

    @admin.display(description=_("who"))
    def who(self, seat: SeatBooking) -> str:
        return seat.reservation.customer_name or seat.guest_key or "–"

    @admin.display(description=_("starts"), ordering="session__starts_at")
    def day(self, seat: SeatBooking) -> str:
        return moment(seat.session.local_start)

    @admin.display(description=_("booking"))
    def booking(self, seat: SeatBooking) -> str:
        address = reverse("admin:reservations_reservation_change", args=[seat.reservation_id])
        return format_html('<a href="{}">{}</a>', address, seat.reservation.code)

    @admin.action(description=_("Cancel"), permissions=("change",))
    def cancel(self, request: HttpRequest, rows: QuerySet[SeatBooking]) -> HttpResponse | None:
        if asked := ask_first(self, request, rows, CANCEL):
            return asked

        def act(seat: SeatBooking) -> None:
            if not manages_classes(request.user, seat.venue_id):
                raise Forbidden
            reason = request.POST.get("reason", "")
            cancel_booking(booking_id=seat.pk, actor=actor_of(request), reason=reason)

        if done := run_for_each(request, rows, act):
            text = ngettext("%d booking cancelled.", "%d bookings cancelled.", done)
            messages.success(request, text % done)
        return None


def _tell_cancel(seat: SeatBooking) -> Iterator[str | Promise]:
    try:
        terms = cancellation_preview(seat.reservation, now=now())
    except DomainError as error:
        yield _("Not possible: %(reason)s") % {"reason": error.in_words}
        return
    yield _("%(amount)s is refunded") % {"amount": money(terms.refund, seat.reservation.currency)}


CANCEL = Question("cancel", _("Cancel"), _tell_cancel, has_reason=True)
