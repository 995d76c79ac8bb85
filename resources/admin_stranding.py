"""Before the admin saves what leaves bookings without a place, it lists them and asks what to do."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.messages.storage import default_storage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin_scope import M, VenueScopedAdmin
from common.templatetags.holdfast import moment
from common.transactions import rehearsal
from resources.models import Venue
from resources.stranding import list_stranded_at, settle_stranded

ANSWER = "stranded_bookings"
ANSWERS = ("keep", "move", "cancel")
"""Any other value, or none: the question is asked."""
MOST_NAMED = 10


class AsksAboutBookings(VenueScopedAdmin[M]):
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        venue_id = self._venue_id_of_page(request, object_id)
        stranded = self._rehearse(request, object_id, form_url, extra_context, venue_id)
        if stranded and request.POST.get(ANSWER) not in ANSWERS:
            return self._ask(request, stranded)
        response = super().changeform_view(request, object_id, form_url, extra_context)
        if stranded and response.status_code == 302:
            _settle(request, stranded)
        return response

    def _venue_id_of_page(self, request: HttpRequest, object_id: str | None) -> int | None:
        row = self.get_object(request, object_id) if object_id else None
        if row is not None:
            return self.venue_id(row)  # type: ignore[no-any-return]
        chosen = request.POST.get("venue", "")
        venues = Venue.objects.filter(pk=chosen) if chosen.isdecimal() else Venue.objects.none()
        return venues.values_list("pk", flat=True).first()

    def _rehearse(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
        venue_id: int | None,
    ) -> list[dict[str, Any]]:
        """Bookings that fit before the change and would not fit after it."""
        if venue_id is None:
            return []
        already = {booking["code"] for booking in list_stranded_at(venue_id)}
        said = request._messages  # type: ignore[attr-defined]
        request._messages = default_storage(request)  # type: ignore[attr-defined]
        # A photo would be written to the disk, which no rollback takes back.
        files, request._files = request.FILES, MultiValueDict()  # type: ignore[attr-defined]
        try:
            with rehearsal(dry_run=True):
                response = super().changeform_view(request, object_id, form_url, extra_context)
                is_saved = response.status_code == 302
                stranded = list_stranded_at(venue_id) if is_saved else []
        finally:
            request._messages, request._files = said, files  # type: ignore[attr-defined]
        return [booking for booking in stranded if booking["code"] not in already]

    def _ask(self, request: HttpRequest, stranded: list[dict[str, Any]]) -> HttpResponse:
        sent = [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name != "csrfmiddlewaretoken"
        ]
        context = self.admin_site.each_context(request) | {
            "title": _("What about these bookings?"),
            "opts": self.opts,
            "stranded": [
                booking | {"when": moment(datetime.fromisoformat(booking["start"]))} for booking in stranded
            ],
            "sent": sent,
            "answer": ANSWER,
            "has_files": bool(request.FILES),
            "address": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/stranded.html", context)

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        venue_id = self.venue_id(obj)
        super().delete_model(request, obj)
        _warn(request, {venue_id})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        venue_ids = {self.venue_id(row) for row in queryset}
        super().delete_queryset(request, queryset)
        _warn(request, venue_ids)


def _settle(request: HttpRequest, stranded: list[dict[str, Any]]) -> None:
    outcome = settle_stranded(
        [booking["reservation_id"] for booking in stranded],
        request.POST[ANSWER],
        request.user,
        request.POST.get("stranded_reason", "").strip()[:500],
    )
    if outcome.done:
        text = ngettext("%d booking settled.", "%d bookings settled.", outcome.done) % outcome.done
        messages.success(request, text)
    for problem in outcome.problems:
        messages.error(request, problem)


def _warn(request: HttpRequest, venue_ids: set[Any]) -> None:
    """After a deletion, which Django has asked about already."""
    codes = [booking["code"] for venue_id in venue_ids if venue_id for booking in list_stranded_at(venue_id)]
    if codes:
        named = ", ".join(codes[:MOST_NAMED])
        text = _("Bookings that no longer fit the opening hours: %(codes)s") % {"codes": named}
        messages.warning(request, text)
