from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_actions import ask_first, shown_version
from accounts.admin_history import HistoryEntry
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each
from common.errors import Forbidden
from common.prefixes import by_code, by_name, in_any_case, in_lower_case
from common.templatetags.holdfast import money
from payments.admin import PaymentInline
from reservations.admin_actions import ACTIONS, BulkAction
from reservations.admin_customers import VenueCustomerAdmin
from reservations.admin_money import MoneyPage
from reservations.admin_texts import describe_changes, describe_price_line, describe_share, status_name
from reservations.domain.naming import name_with_places
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.models import Reservation, ReservationEvent, ReservationItem, VenueCustomer
from reservations.permissions import can_manage
from resources.models import Resource, ResourceGroup, Venue

MOST_LIVE = 50
MOST_PLACES = 100


admin.site.register(VenueCustomer, VenueCustomerAdmin)


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
    fields = ("resource", "group", "units")


class EventInline(ReadOnlyInline):
    model = ReservationEvent
    fields = ("at", "kind", "before", "after", "actor", "source", "what_changed")
    readonly_fields = ("before", "after", "what_changed")

    @admin.display(description=_("before"))
    def before(self, event: ReservationEvent) -> str:
        return status_name(event.old_status)

    @admin.display(description=_("after"))
    def after(self, event: ReservationEvent) -> str:
        return status_name(event.new_status)

    @admin.display(description=_("changes"))
    def what_changed(self, event: ReservationEvent) -> str:
        return _as_lines(describe_changes(event))


def _as_lines(texts: Iterable[str]) -> str:
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts)) or "–"


@admin.register(Reservation)
class ReservationAdmin(MoneyPage, VenueScopedAdmin[Reservation]):
    list_display = (
        *("code", "starts_at", "things", "customer_name", "party_size", "status", "phone", "total", "source"),
    )
    list_filter = (OwnVenueFilter, "status", "source")
    date_hierarchy = "starts_at"
    searched = (
        *(by_code("code"), by_name("customer_name")),
        *(in_lower_case("customer_email"), in_any_case("title")),
    )
    phone_fields = ("customer_phone",)
    search_help_text = _("How code, name, surname, email address, phone or title begins; or a place")
    ordering = ("-starts_at",)
    fieldsets = (
        (None, {"fields": ("code", "venue", "status", "starts_at", "ends_at", "party_size", "title")}),
        (_("Customer"), {"fields": ("customer", "customer_name", "customer_email", "phone")}),
        (
            _("Requests"),
            {
                "fields": (
                    "requests",
                    "answers_given",
                    "terms_accepted_at",
                    "texts_agreed_at",
                    "texts_agreed_how",
                )
            },
        ),
        (_("Money"), {"fields": ("total", "prices", "deposit", "cancellation", "lowest_fee", "fee")}),
        (
            _("Origin"),
            {"fields": ("source", "purpose", "series", "expires_at", "cancel_reason", "created_at")},
        ),
    )
    inlines = (ItemInline, PaymentInline, EventInline)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        slugs = Venue.objects.staffed_by(request.user).values_list("slug", flat=True)
        live = urlencode([("venue", slug) for slug in slugs[:MOST_LIVE]])
        return super().changelist_view(request, (extra_context or {}) | {"live": live})  # type: ignore[return-value]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        reservations: Any = super().get_queryset(request)
        seen: QuerySet[Reservation] = reservations.seen_by_role(request.user)
        return seen.select_related("venue").prefetch_related("items__resource")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(flatten_fieldsets(self.fieldsets))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def list_history(self, reservation: Reservation) -> list[HistoryEntry]:
        events = reservation.events.select_related("actor").order_by("-id")
        return [
            HistoryEntry(event.at, event.actor, event.get_kind_display(), describe_changes(event))
            for event in events
        ]

    def search_otherwise(
        self, request: HttpRequest, queryset: QuerySet[Reservation], text: str
    ) -> QuerySet[Reservation]:
        """Of places called so, which are few."""
        resources = Resource.objects.filter(name__icontains=text).values_list("pk", flat=True)
        groups = ResourceGroup.objects.filter(name__icontains=text).values_list("pk", flat=True)
        booked = Q(resource__in=list(resources[:MOST_PLACES])) | Q(group__in=list(groups[:MOST_PLACES]))
        return queryset.filter(Exists(ReservationItem.objects.filter(booked, reservation=OuterRef("pk"))))

    @admin.display(description=_("what"))
    def things(self, reservation: Reservation) -> str:
        return name_with_places(reservation)

    @admin.display(description=_("phone"))
    def phone(self, reservation: Reservation) -> str:
        return reservation.phone_text or "–"

    @admin.display(description=_("answers"))
    def answers_given(self, reservation: Reservation) -> str:
        answers = [(answer["question"], answer["answer"]) for answer in reservation.answers]
        return format_html_join("", "<div><strong>{}</strong> {}</div>", answers) or "–"

    @admin.display(description=_("price"), ordering="total_amount")
    def total(self, reservation: Reservation) -> str:
        return money(reservation.total_amount, reservation.currency)

    @admin.display(description=_("deposit"))
    def deposit(self, reservation: Reservation) -> str:
        return money(reservation.deposit_amount, reservation.currency)

    @admin.display(description=_("lowest cancellation fee"))
    def lowest_fee(self, reservation: Reservation) -> str:
        return money(reservation.minimum_fee, reservation.currency)

    @admin.display(description=_("fee kept"))
    def fee(self, reservation: Reservation) -> str:
        return money(reservation.fee_amount, reservation.currency)

    @admin.display(description=_("price lines"))
    def prices(self, reservation: Reservation) -> str:
        lines = [describe_price_line(line, reservation.currency) for line in reservation.price_lines]
        return _as_lines(lines)

    @admin.display(description=_("cancellation terms"))
    def cancellation(self, reservation: Reservation) -> str:
        shares = [describe_share(share, reservation.currency) for share in reservation.cancellation_terms]
        return _as_lines(shares)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        offered = super().get_actions(request)
        return offered | {name: (_run_action(name), name, action.label) for name, action in ACTIONS.items()}

    def run_bulk(
        self, request: HttpRequest, reservations: QuerySet[Reservation], name: str
    ) -> HttpResponse | None:
        reservations = reservations.select_related("bill").prefetch_related("bill__payments", "events")
        actor = Actor(request.user if request.user.is_authenticated else None, Source.STAFF)
        question = ACTIONS[name].question_for(name, actor)
        if question and (asked := ask_first(self, request, reservations, question)):
            return asked
        self.change(request, reservations, ACTIONS[name], actor)
        return None

    def change(
        self, request: HttpRequest, reservations: Iterable[Reservation], action: BulkAction, actor: Actor
    ) -> None:
        reason = request.POST.get("reason", "").strip()[:500]

        def act_if_allowed(reservation: Reservation) -> None:
            if not can_manage(request.user, reservation):
                raise Forbidden(_("Your role can only view."))
            # As it was shown: a service refuses what has changed since.
            reservation.version = shown_version(request, reservation) or reservation.version
            action.carry_out(reservation, actor, reason)

        if changed := run_for_each(request, reservations, act_if_allowed):
            text = ngettext("%d booking changed.", "%d bookings changed.", changed) % changed
            messages.success(request, text)


def _run_action(name: str) -> Any:
    def run(
        model_admin: ReservationAdmin, request: HttpRequest, reservations: QuerySet[Reservation]
    ) -> HttpResponse | None:
        return model_admin.run_bulk(request, reservations, name)

    return run
