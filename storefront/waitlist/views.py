"""Pages of the waitlist: join it, see one's place, answer an offer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.errors import DomainError
from reservations.domain.questions import questions_of, terms_of
from reservations.domain.writing import booked_lines
from reservations.links import manage_path
from resources.selectors import named_group
from storefront.booking.forms import ReplyForm
from storefront.pages import actor_of, customer_of, mark_private, prefill_details
from storefront.place.context import Place, group_place, resource_place
from storefront.place.views import find_resource
from storefront.waitlist.forms import JoinForm
from waitlist.exceptions import EntryNotFound, OfferNotFound
from waitlist.links import entry_path, is_valid, token_for
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.selectors import entries_in_detail, open_offer, positions
from waitlist.services import accept_offer, decline_offer, join_waitlist, leave_waitlist

MOST_ROWS = 100


def by_link(entry_id: UUID, token: str) -> WaitlistEntry:
    """The link's entry. Raises the same ``EntryNotFound`` for an unknown one and for a wrong token."""
    found = entries_in_detail().filter(pk=entry_id).first()
    if found is None or not is_valid(found, token):
        raise EntryNotFound
    return found


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    """Asks for the wish and the contact, and puts the visitor at the end of the queue."""
    return _join_or_show(request, resource_place(find_resource(request, resource_id)))


@never_cache
@require_http_methods(["GET", "POST"])
def join_group(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """The same for whichever member of a group comes free."""
    return _join_or_show(request, group_place(named_group(group_id)))


def _join_or_show(request: HttpRequest, place: Place) -> HttpResponse:
    if request.method == "GET":
        initial = _wish_from(request, place) | prefill_details(request)
        return _show_join(request, place, JoinForm(initial=initial))
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _show_join(request, place, form, status=400)
    try:
        joined = _join(request, place, form.cleaned_data)
    except DomainError as error:
        return _show_join(request, place, form, status=error.status, problem=error)
    messages.success(request, _("You are on the waitlist. We write as soon as something comes free."))
    return redirect(entry_path(joined))


def _join(request: HttpRequest, place: Place, given: dict[str, Any]) -> WaitlistEntry:
    return join_waitlist(
        venue_id=place.row.venue_id,
        resource_id=None if place.is_group else place.row.pk,
        group_id=place.row.pk if place.is_group else None,
        preferred_on=given["date"],
        earliest_time=given["earliest"],
        latest_time=given["latest"],
        duration=given["duration"],
        party_size=given["party_size"],
        customer=customer_of(request, given),
        actor=actor_of(request),
    )


def _wish_from(request: HttpRequest, place: Place) -> dict[str, Any]:
    """What the day page was looking for."""
    usual = {
        "date": place.today.isoformat(),
        "duration": place.facts.customer_rules.default_duration,
        "party_size": 1,
    }
    names = (*usual, "earliest", "latest")
    return usual | {name: request.GET[name] for name in names if request.GET.get(name)}


def _show_join(
    request: HttpRequest,
    place: Place,
    form: JoinForm,
    *,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    context = {"place": place, "form": form, "problem": problem, "zone": place.row.venue.zone_name}
    return render(request, "storefront/waitlist/join.html", context, status=status)


@never_cache
@require_GET
def entry(request: HttpRequest, entry_id: UUID, token: str) -> HttpResponse:
    """The entry as it stands: its place, or what is held for it."""
    return _show(request, by_link(entry_id, token))


def _show(
    request: HttpRequest,
    entry: WaitlistEntry,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    form: ReplyForm | None = None,
) -> HttpResponse:
    offer = open_offer(entry)
    booked = entry.offers.filter(outcome="accepted").select_related("reservation").last()
    context = {
        "entry": entry,
        "token": token_for(entry),
        "zone": entry.venue.zone,
        "position": positions([entry]).get(entry.pk),
        "offer": offer,
        "form": form or (_reply_form(offer) if offer else None),
        "is_active": entry.status in WaitlistEntry.ACTIVE,
        "booking_path": manage_path(booked.reservation) if booked else None,
        "problem": problem,
    }
    return mark_private(render(request, "storefront/waitlist/entry.html", context, status=status))


@never_cache
@require_POST
def accept(request: HttpRequest, entry_id: UUID, token: str, offer_id: UUID) -> HttpResponse:
    """Turns what is held into a booking, and leads to it."""
    found = _offered(entry_id, token, offer_id)
    form = _reply_form(found.offers.select_related("reservation").get(pk=offer_id), request.POST)
    if not form.is_valid():
        return _show(request, found, status=400, form=form)
    try:
        booked = accept_offer(offer_id=offer_id, actor=actor_of(request), reply=form.reply())
    except DomainError as error:
        return _show(request, by_link(entry_id, token), status=error.status, problem=error)
    messages.success(request, _("It is yours. Your booking is below."))
    return redirect(manage_path(booked))


@never_cache
@require_POST
def decline(request: HttpRequest, entry_id: UUID, token: str, offer_id: UUID) -> HttpResponse:
    """Gives the time on to the next; the visitor keeps waiting."""
    found = _offered(entry_id, token, offer_id)
    try:
        decline_offer(offer_id=offer_id, actor=actor_of(request))
    except DomainError as error:
        return _show(request, by_link(entry_id, token), status=error.status, problem=error)
    messages.info(request, _("The next in the queue is asked now. You keep your place for other times."))
    return redirect(entry_path(found))


def _reply_form(offer: WaitlistOffer, data: QueryDict | None = None) -> ReplyForm:
    """What the venue asks of whoever takes the offered time."""
    lines = booked_lines(offer.reservation)
    return ReplyForm(data, questions=questions_of(lines), terms=bool(terms_of(lines)))


def _offered(entry_id: UUID, token: str, offer_id: UUID) -> WaitlistEntry:
    """Raises ``EntryNotFound``, and ``OfferNotFound`` for another entry's offer."""
    found = by_link(entry_id, token)
    if not found.offers.filter(pk=offer_id).exists():
        raise OfferNotFound
    return found


@never_cache
@require_POST
def leave(request: HttpRequest, entry_id: UUID, token: str) -> HttpResponse:
    """Takes the visitor off the list."""
    found = by_link(entry_id, token)
    try:
        leave_waitlist(entry_id=found.pk, actor=actor_of(request))
    except DomainError as error:
        return _show(request, found, status=error.status, problem=error)
    messages.info(request, _("You are off the waitlist."))
    return redirect(entry_path(found))


@never_cache
@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Everything one waits for, what is still open first."""
    rows = entries_in_detail().filter(customer_id=request.user.pk).order_by("-preferred_on", "-created_at")
    entries = sorted(rows[:MOST_ROWS], key=lambda each: each.status not in WaitlistEntry.ACTIVE)
    places = positions(entries)
    shown = [
        {
            "entry": each,
            "path": entry_path(each),
            "token": token_for(each),
            "position": places.get(each.pk),
            "offer": open_offer(each),
            "is_active": each.status in WaitlistEntry.ACTIVE,
        }
        for each in entries
    ]
    return render(request, "storefront/waitlist/my_entries.html", {"rows": shown})
