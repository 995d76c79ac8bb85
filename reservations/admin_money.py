from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.forms import offer_money_forms, settle_by_hand
from reservations.permissions import can_manage


class MoneyPage:
    """A page on which staff record a payment of a reservation or return money, all or a part."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.money_view)
        others: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        return [path("<uuid:pk>/money/", view, name="reservations_reservation_money"), *others]

    def money_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        reservation = self.get_object(request, str(pk))  # type: ignore[attr-defined]
        if reservation is None or not can_manage(request.user, reservation):
            raise PermissionDenied
        if request.method == "POST":
            return self._settle(request, pk)
        context = self.admin_site.each_context(request) | {"reservation": reservation, "opts": self.opts}
        context |= {"title": _("Payments")} | offer_money_forms(reservation)
        return TemplateResponse(request, "admin/reservations/reservation/money.html", context)

    def _settle(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        actor = Actor(request.user if request.user.is_authenticated else None, Source.STAFF)
        try:
            settle_by_hand(
                request.POST, action=request.POST.get("action", ""), reservation_id=pk, actor=actor
            )
        except DomainError as error:
            messages.error(request, str(error))
            return redirect(request.path)
        messages.success(request, _("Saved."))
        return redirect("admin:reservations_reservation_change", pk)
