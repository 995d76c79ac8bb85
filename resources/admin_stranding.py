"""Before the admin saves or deletes what strands bookings, it lists them and asks what to do."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages.storage import default_storage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin_clock import other_zone, show_venue
from accounts.admin_scope import M, VenueScopedAdmin
from common.numbers import read_key
from common.templatetags.holdfast import moment
from common.transactions import rehearsal
from resources.models import Venue
from resources.stranding import fingerprint, list_stranded_at, settle_stranded

ANSWER, REASON = "stranded_bookings", "stranded_reason"
ANSWERS = ("keep", "move", "cancel")
"""Any other value, or none: the question is asked."""
SHOWN = "stranded_shown"
"""The field that says which bookings the answer is about: it holds for no others."""
OWN_FIELDS = ("csrfmiddlewaretoken", ANSWER, REASON, SHOWN)
Stranded = list[dict[str, Any]]


class AsksAboutBookings(VenueScopedAdmin[M]):
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        def save() -> HttpResponse:
            return super(AsksAboutBookings, self).changeform_view(  # type: ignore[no-any-return]
                request, object_id, form_url, extra_context
            )

        if request.method != "POST":
            return save()
        return self._ask_first(request, [self._venue_id_of_page(request, object_id)], save)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        def delete() -> HttpResponse:
            return super(AsksAboutBookings, self).delete_view(  # type: ignore[no-any-return]
                request, object_id, extra_context
            )

        if request.method != "POST":
            return delete()
        return self._ask_first(request, [self._venue_id_of_page(request, object_id)], delete)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[M], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        def act() -> HttpResponse | None:
            return super(AsksAboutBookings, self).response_action(request, queryset, *args, **kwargs)

        # Django asks once itself, without ``post``.
        if request.POST.get("action") != "delete_selected" or "post" not in request.POST:
            return act()
        chosen = queryset.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
        return self._ask_first(request, {self.venue_id(row) for row in chosen}, act)

    def _venue_id_of_page(self, request: HttpRequest, object_id: str | None) -> int | None:
        row = self.get_object(request, object_id) if object_id else None
        if row is not None:
            return self.venue_id(row)  # type: ignore[no-any-return]
        chosen = read_key(request.POST.get("venue", ""))
        venues = Venue.objects.none() if chosen is None else Venue.objects.filter(pk=chosen)
        return venues.values_list("pk", flat=True).first()

    def _ask_first(
        self, request: HttpRequest, venue_ids: Iterable[int | None], act: Callable[[], HttpResponse | None]
    ) -> HttpResponse | None:
        """Do it, unless it strands bookings about which nobody has answered yet."""
        known_ids = {pk for pk in venue_ids if pk is not None}
        if len(known_ids) == 1:
            show_venue(request, *known_ids)
        stranded = _rehearse(request, known_ids, act)
        is_answered = request.POST.get(ANSWER) in ANSWERS and request.POST.get(SHOWN) == _digest(stranded)
        if stranded and not is_answered:
            return self._ask(request, stranded)
        response = act()
        if stranded and _is_done(response):
            _settle(request, stranded)
        return response

    def _ask(self, request: HttpRequest, stranded: Stranded) -> HttpResponse:
        shown = _digest(stranded)
        sent = [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in OWN_FIELDS
        ]
        context = self.admin_site.each_context(request) | {
            "title": _("What should happen to these bookings?"),
            "opts": self.opts,
            "stranded": [booking | {"when": _describe_start(booking)} for booking in stranded],
            "sent": sent,
            "answer": ANSWER,
            "shown": shown,
            "reason": request.POST.get(REASON, ""),
            "has_changed": request.POST.get(SHOWN, shown) != shown,
            "is_deletion": "post" in request.POST,
            "has_files": bool(request.FILES),
            "address": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/stranded.html", context)


def _rehearse(
    request: HttpRequest, venue_ids: Collection[int], act: Callable[[], HttpResponse | None]
) -> Stranded:
    """Bookings that fit before the change and would not fit after it."""
    already = {booking["code"] for venue_id in venue_ids for booking in list_stranded_at(venue_id)}
    said = request._messages  # type: ignore[attr-defined]
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    # A photo would be written to the disk, which no rollback takes back.
    files, request._files = request.FILES, MultiValueDict()  # type: ignore[attr-defined]
    stranded: Stranded = []
    try:
        with rehearsal(dry_run=True):
            if _is_done(act()):
                remaining = Venue.objects.filter(pk__in=venue_ids).order_by("pk").values_list("pk", flat=True)
                stranded = [booking for venue_id in remaining for booking in list_stranded_at(venue_id)]
    finally:
        request._messages, request._files = said, files  # type: ignore[attr-defined]
    return [booking for booking in stranded if booking["code"] not in already]


def _describe_start(booking: dict[str, Any]) -> str:
    start = datetime.fromisoformat(booking["start"]).astimezone(ZoneInfo(booking["time_zone"]))
    return f"{moment(start)}{other_zone(start)}"


def _is_done(response: HttpResponse | None) -> bool:
    return response is not None and response.status_code == 302


def _digest(stranded: Stranded) -> str:
    return fingerprint(
        f"{booking['reservation_id']} {booking['start']} {booking['end']}" for booking in stranded
    )


def _settle(request: HttpRequest, stranded: Stranded) -> None:
    outcome = settle_stranded(
        [booking["reservation_id"] for booking in stranded],
        request.POST[ANSWER],
        request.user,
        request.POST.get(REASON, "").strip()[:500],
    )
    if outcome.done:
        text = ngettext("%d booking updated.", "%d bookings updated.", outcome.done) % outcome.done
        messages.success(request, text)
    for problem in outcome.problems:
        messages.error(request, problem)
