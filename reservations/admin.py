from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each
from common.errors import Forbidden
from common.templatetags.holdfast import moment, money
from payments.admin import PaymentInline
from reservations.domain.values import Actor
from reservations.enums import Source, Status
from reservations.models import Allocation, Reservation, ReservationEvent, ReservationItem
from reservations.permissions import can_manage
from reservations.selectors import payment_summary
from reservations.services import (
    cancel_reservation,
    check_in,
    complete_reservation,
    confirm_reservation,
    decline_reservation,
    mark_no_show,
    record_payment,
)
from resources.models import Venue

MOST_LIVE = 50
ReservationAction = Callable[[Reservation, Actor], object]


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may see the reservation above

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ItemInline(ReadOnlyInline):
    model = ReservationItem


class AllocationInline(ReadOnlyInline):
    model = Allocation


class EventInline(ReadOnlyInline):
    model = ReservationEvent
    fields = ("at", "kind", "before", "after", "actor", "source", "changes")
    readonly_fields = ("before", "after")

    @admin.display(description=_("before"))
    def before(self, event: ReservationEvent) -> str:
        return _status_name(event.old_status)

    @admin.display(description=_("after"))
    def after(self, event: ReservationEvent) -> str:
        return _status_name(event.new_status)


def _status_name(status: str) -> str:
    return str(Status(status).label) if status else ""


@admin.register(Reservation)
class ReservationAdmin(VenueScopedAdmin[Reservation]):
    list_display = ("code", "starts", "things", "customer_name", "party_size", "status", "total", "source")
    list_filter = (OwnVenueFilter, "status", "source")
    date_hierarchy = "starts_at"
    search_fields = ("code", "customer_name", "customer_email")
    ordering = ("-starts_at",)
    exclude = ("answers",)
    readonly_fields = ("answers_given",)
    inlines = (ItemInline, PaymentInline, EventInline, AllocationInline)
    actions = ("confirm", "decline", "cancel", "cancel_free", "arrive", "complete", "no_show", "pay")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        slugs = Venue.objects.staffed_by(request.user).values_list("slug", flat=True)
        live = urlencode([("venue", slug) for slug in slugs[:MOST_LIVE]])
        return super().changelist_view(request, (extra_context or {}) | {"live": live})  # type: ignore[return-value]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        reservations = super().get_queryset(request)
        return reservations.select_related("venue").prefetch_related("items__resource")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("starts"), ordering="starts_at")
    def starts(self, reservation: Reservation) -> str:
        return moment(reservation.local_start)

    @admin.display(description=_("what"))
    def things(self, reservation: Reservation) -> str:
        return ", ".join(item.resource.name for item in reservation.items.all())

    @admin.display(description=_("answers"))
    def answers_given(self, reservation: Reservation) -> str:
        answers = [(answer["question"], answer["answer"]) for answer in reservation.answers]
        return format_html_join("", "<div><strong>{}</strong> {}</div>", answers) or "–"

    @admin.display(description=_("price"), ordering="total_amount")
    def total(self, reservation: Reservation) -> str:
        return money(reservation.total_amount, reservation.currency)

    @admin.action(description=_("Confirm"))
    def confirm(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> None:
        self.change(
            request, reservations, lambda r, actor: confirm_reservation(reservation_id=r.pk, actor=actor)
        )

    @admin.action(description=_("Decline"))
    def decline(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> None:
        self.change(
            request, reservations, lambda r, actor: decline_reservation(reservation_id=r.pk, actor=actor)
        )

    @admin.action(description=_("Cancel under the policy"))
    def cancel(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> None:
        self.change(
            request, reservations, lambda r, actor: cancel_reservation(reservation_id=r.pk, actor=actor)
        )

    @admin.action(description=_("Cancel without a fee"))
    def cancel_free(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> None:
        self.change(
            request,
            reservations,
            lambda r, actor: cancel_reservation(reservation_id=r.pk, actor=actor, waive_fee=True),
        )

    @admin.action(description=_("Check in"))
    def arrive(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> None:
        self.change(request, reservations, lambda r, actor: check_in(reservation_id=r.pk, actor=actor))

    @admin.action(description=_("Complete"))
    def complete(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> None:
        self.change(
            request, reservations, lambda r, actor: complete_reservation(reservation_id=r.pk, actor=actor)
        )

    @admin.action(description=_("Nobody came"))
    def no_show(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> None:
        self.change(request, reservations, lambda r, actor: mark_no_show(reservation_id=r.pk, actor=actor))

    @admin.action(description=_("Record payment of all that is due"))
    def pay(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> None:
        self.change(
            request,
            reservations,
            lambda r, actor: record_payment(reservation_id=r.pk, amount=payment_summary(r).due, actor=actor),
        )

    def change(
        self, request: HttpRequest, reservations: Iterable[Reservation], act: ReservationAction
    ) -> None:
        user = request.user if request.user.is_authenticated else None
        actor = Actor(user, Source.STAFF)

        def allowed(reservation: Reservation) -> None:
            if not can_manage(request.user, reservation):
                raise Forbidden(_("Your role here is to look."))
            act(reservation, actor)

        if changed := run_for_each(request, reservations, allowed):
            text = ngettext("%d reservation changed.", "%d reservations changed.", changed) % changed
            messages.success(request, text)
