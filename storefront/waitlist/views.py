from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import clock
from common.errors import DomainError
from common.kept_answers import show_at
from reservations.domain.questions import questions_of, terms_of
from reservations.domain.writing import booked_lines
from reservations.fee_schedule import describe_cancelling
from reservations.links import manage_path
from reservations.policies import kind_violation
from resources.selectors import named_group
from storefront.booking.forms import ReplyForm
from storefront.pages import actor_of, customer_of, mark_private, prefill_details
from storefront.place.context import Place, make_group_place, make_resource_place
from storefront.place.views import find_product_page, find_resource, or_product_page
from storefront.waitlist.forms import JoinForm
from waitlist.choices import choosing_of, make_choice_form
from waitlist.exceptions import EntryNotFound, OfferNotFound
from waitlist.links import entry_path, is_valid, token_for
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.naming import name_entries
from waitlist.remembered import remember_entry
from waitlist.selectors import entries_in_detail, open_offer, queue_positions
from waitlist.services import accept_offer, decline_offer, join_waitlist, leave_waitlist

MOST_ROWS = 100


def find_entry(entry_id: UUID, token: str) -> WaitlistEntry:
    """Raises the same ``EntryNotFound`` for an unknown entry and for a wrong token."""
    entry = entries_in_detail().filter(pk=entry_id).first()
    if entry is None or not is_valid(entry, token):
        raise EntryNotFound
    return entry


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@or_product_page
def join(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    return _join_or_show(request, make_resource_place(find_resource(request, resource_id)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join_group(request: HttpRequest, group_id: UUID) -> HttpResponse:
    return _join_or_show(request, make_group_place(named_group(group_id)))


def _join_or_show(request: HttpRequest, place: Place) -> HttpResponse:
    if page := find_product_page(request, place):
        if obstacle := kind_violation(place.bookable):
            messages.info(request, str(obstacle.message))
        return redirect(page)
    if request.method != "POST":
        initial = _read_wish(request, place) | prefill_details(request)
        form = JoinForm(initial=initial, bookable=place.bookable, country=place.row.venue.country)
        return _show_join(request, place, form)
    form = JoinForm(request.POST, bookable=place.bookable, country=place.row.venue.country)
    if not form.is_valid():
        return _show_join(request, place, form, status=400)
    try:
        entry = _join(request, place, form.cleaned_data)
    except DomainError as error:
        form.mark(error)
        return _show_join(request, place, form, status=error.status, problem=error)
    remember_entry(request.session, entry)
    messages.success(request, _("You're on the waitlist. We'll email you when a time opens up."))
    return redirect(entry_path(entry))


def _join(request: HttpRequest, place: Place, cleaned: dict[str, Any]) -> WaitlistEntry:
    return join_waitlist(
        venue_id=place.row.venue_id,
        resource_id=None if place.is_group else place.row.pk,
        group_id=place.row.pk if place.is_group else None,
        preferred_on=cleaned["date"],
        earliest_time=cleaned["earliest"],
        latest_time=cleaned["latest"],
        duration=cleaned["duration"],
        party_size=cleaned["party_size"],
        customer=customer_of(request, cleaned),
        actor=actor_of(request),
    )


def _read_wish(request: HttpRequest, place: Place) -> dict[str, Any]:
    """What the day page was asked for, completed with what is usual."""
    usual = {
        "date": place.today.isoformat(),
        "duration": place.bookable.customer_rules.default_duration,
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
    venue = place.row.venue
    context = {"place": place, "form": form, "problem": problem, "zone": venue.zone_name, "face": venue}
    return render(request, "storefront/waitlist/join.html", context, status=status)


@never_cache
@require_safe
def entry(request: HttpRequest, entry_id: UUID, token: str) -> HttpResponse:
    found = find_entry(entry_id, token)
    remember_entry(request.session, found)
    return _show(request, found)


def _show(
    request: HttpRequest,
    entry: WaitlistEntry,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    form: ReplyForm | None = None,
    choice: Form | None = None,
) -> HttpResponse:
    offer = open_offer(entry)
    accepted = entry.offers.filter(outcome="accepted").select_related("reservation").last()
    context = {
        "entry": entry,
        "face": entry.venue,
        "token": token_for(entry),
        "zone": entry.venue.zone,
        "position": queue_positions([entry]).get(entry.pk),
        "offer": offer,
        "fees": describe_cancelling(offer.reservation, now=clock.now()) if offer else "",
        "form": form or (_reply_form(offer) if offer else None),
        "choice": choice or (make_choice_form(offer) if offer else None),
        "is_active": entry.status in WaitlistEntry.ACTIVE,
        "booking_path": manage_path(accepted.reservation) if accepted else None,
        "problem": problem,
    }
    response = mark_private(render(request, "storefront/waitlist/entry.html", context, status=status))
    return show_at(response, entry_path(entry))


@never_cache
@require_POST
def accept(request: HttpRequest, entry_id: UUID, token: str, offer_id: UUID) -> HttpResponse:
    entry = _find_offered_entry(entry_id, token, offer_id)
    offer = entry.offers.select_related("reservation").get(pk=offer_id)
    form, choice = _reply_form(offer, request.POST), make_choice_form(offer, request.POST)
    if not all(each.is_valid() for each in (form, choice) if each):
        return _show(request, entry, status=400, form=form, choice=choice)
    try:
        with choosing_of(offer, choice):
            reservation = accept_offer(offer_id=offer_id, actor=actor_of(request), reply=form.reply())
    except DomainError as error:
        # Read anew: the offer may have ended just now, and the entry with it.
        fresh = find_entry(entry_id, token)
        return _show(request, fresh, status=error.status, problem=error, form=form, choice=choice)
    return redirect(manage_path(reservation))


@never_cache
@require_POST
def decline(request: HttpRequest, entry_id: UUID, token: str, offer_id: UUID) -> HttpResponse:
    """Pass the time on to the next; the visitor keeps waiting."""
    entry = _find_offered_entry(entry_id, token, offer_id)
    try:
        decline_offer(offer_id=offer_id, actor=actor_of(request))
    except DomainError as error:
        return _show(request, find_entry(entry_id, token), status=error.status, problem=error)
    messages.info(
        request, _("We've offered it to the next person. You're still on the waitlist for other times.")
    )
    return redirect(entry_path(entry))


def _reply_form(offer: WaitlistOffer, data: QueryDict | None = None) -> ReplyForm:
    lines = booked_lines(offer.reservation)
    return ReplyForm(data, questions=questions_of(lines), terms=bool(terms_of(lines)))


def _find_offered_entry(entry_id: UUID, token: str, offer_id: UUID) -> WaitlistEntry:
    """Raises ``EntryNotFound``, and ``OfferNotFound`` for another entry's offer."""
    entry = find_entry(entry_id, token)
    if not entry.offers.filter(pk=offer_id).exists():
        raise OfferNotFound
    return entry


@never_cache
@require_POST
def leave(request: HttpRequest, entry_id: UUID, token: str) -> HttpResponse:
    entry = find_entry(entry_id, token)
    try:
        leave_waitlist(entry_id=entry.pk, actor=actor_of(request))
    except DomainError as error:
        return _show(request, entry, status=error.status, problem=error)
    messages.info(request, _("You've left the waitlist."))
    return redirect(entry_path(entry))


@never_cache
@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    own_entries = (
        entries_in_detail().filter(customer_id=request.user.pk).order_by("-preferred_on", "-created_at")
    )
    # Those that still wait first; within both the order stays.
    entries = sorted(own_entries[:MOST_ROWS], key=lambda entry: entry.status not in WaitlistEntry.ACTIVE)
    position_by_entry = queue_positions(entries)
    name_entries(entries)
    shown = [
        {
            "entry": entry,
            "path": entry_path(entry),
            "token": token_for(entry),
            "position": position_by_entry.get(entry.pk),
            "offer": open_offer(entry),
            "is_active": entry.status in WaitlistEntry.ACTIVE,
        }
        for entry in entries
    ]
    return render(request, "storefront/waitlist/my_entries.html", {"rows": shown})
