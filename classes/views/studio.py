"""The week of a studio for its staff, and who may lead sessions there."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from classes.enums import PRODUCT
from classes.models import Facilitator, Session, Studio
from classes.owed import MOST_SHOWN as MOST_LATE
from classes.owed import list_late
from classes.permissions import can_approve, manages_classes
from classes.selectors import list_clashes
from classes.services import approve_facilitator, decline_facilitator
from classes.studio_forms import TimesForm
from classes.studio_week import By, read_week
from classes.timetable import DAYS
from classes.words import describe_clash, describe_refused
from common import clock
from common.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound, UnknownAction
from common.numbers import read_key
from common.parsing import parse_date
from common.venues import MANAGING, directory
from reservations.domain.values import Actor
from reservations.enums import Source
from resources.models import Venue
from resources.permissions import works_at
from resources.selectors import named_venue

WEEK = timedelta(days=DAYS)


def staff_actor(request: HttpRequest) -> Actor:
    return Actor(request.user if isinstance(request.user, User) else None, Source.STAFF)


def find_studio(request: HttpRequest, slug: str, *, manager: bool = False) -> Venue:
    """Raises ``NotFound`` outside one's venues and where there are no classes, ``Forbidden`` for the role."""
    venue = named_venue(slug)
    if not works_at(request.user, venue.pk) or not directory().offers(venue.pk, PRODUCT):
        raise NotFound
    is_allowed = can_approve if manager else manages_classes
    if not is_allowed(request.user, venue.pk):
        raise Forbidden
    return venue


def shared_context(request: HttpRequest, venue: Venue) -> dict[str, Any]:
    return {
        "venue": venue,
        "face": venue,
        "zone": venue.zone_name,
        "is_manager": can_approve(request.user, venue.pk),
    }


def list_teachers(venue: Venue) -> QuerySet[Facilitator]:
    """Who can be given sessions."""
    return Facilitator.objects.at_work().filter(venue=venue).order_by("name", "pk")


def list_people(venue: Venue) -> QuerySet[Facilitator]:
    """Also those who have left: of their sessions and their pay."""
    return Facilitator.objects.approved().filter(venue=venue).order_by("name", "pk")


def list_places(venue: Venue) -> QuerySet[Studio]:
    return Studio.objects.filter(venue=venue).select_related("seats", "room").order_by("kind", "name", "pk")


def tell_obstacles(
    problem: DomainError | None, form: TimesForm | None = None, session: Session | None = None
) -> list[str]:
    """What stands in the way, by name where it is another session."""
    if problem is None:
        return []
    if form is None or not isinstance(problem, Conflict) or "start" not in form.cleaned_data:
        return describe_refused(problem)
    clashes = list_clashes(
        venue_id=form.venue.pk,
        start=form.cleaned_data["start"],
        end=form.find_end(),
        facilitator=form.people.get(form.cleaned_data.get("facilitator", "")),
        place=form.studios.get(form.cleaned_data.get("place", "")),
        leave_out=session,
    )
    named = [describe_clash(each, form.cleaned_data) for each in clashes]
    return named or describe_refused(problem)


@never_cache
@login_required
@require_safe
def choose_studio(request: HttpRequest) -> HttpResponse:
    """Of venues with classes; a manager who has none is told where they begin."""
    staffed = list(directory().staffed_by(request.user, *MANAGING).order_by("name", "pk"))
    venues = [venue for venue in staffed if directory().offers(venue.pk, PRODUCT)]
    if len(venues) == 1:
        return redirect("studio", venues[0].slug)
    others = [] if venues else [venue for venue in staffed if can_approve(request.user, venue.pk)]
    if not venues and not others:
        raise NotFound
    return render(request, "classes/studio/choose.html", {"venues": venues, "others": others})


@never_cache
@login_required
@require_safe
def week(request: HttpRequest, venue_slug: str) -> HttpResponse:
    venue = find_studio(request, venue_slug)
    now = clock.now()
    today = now.astimezone(venue.zone).date()
    first, problem = _read_first(request, today)
    late = list(list_late(venue, now)[: MOST_LATE + 1])
    by = By.TEACHER if request.GET.get("by") == By.TEACHER else By.STUDIO
    context = {
        **shared_context(request, venue),
        "week": read_week(venue, first, by, now),
        "by": by.value,
        "first": first,
        "last": first + WEEK - timedelta(days=1),
        "today": today,
        "earlier": first - WEEK,
        "later": first + WEEK,
        "asking": Facilitator.objects.filter(venue=venue, approved_at=None).count(),
        "late": late[:MOST_LATE],
        "more_late": len(late) > MOST_LATE,
        "problem": problem,
        "live": f"venue={venue.slug}",
    }
    return render(request, "classes/studio/week.html", context, status=400 if problem else 200)


def _read_first(request: HttpRequest, today: date) -> tuple[date, InvalidInput | None]:
    text = request.GET.get("date")
    if not text:
        return today, None
    try:
        found = parse_date(text)
    except InvalidInput as error:
        return today, error
    # Weeks before and after it can still be named.
    return (found, None) if 1971 <= found.year <= 2999 else (today, None)


DONE = {"approve": gettext_lazy("Approved: %s"), "decline": gettext_lazy("Declined: %s")}


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, venue_slug: str) -> HttpResponse:
    """Who asks to lead sessions, and who does; a role comes with it, so managers decide."""
    venue = find_studio(request, venue_slug, manager=True)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            _decide(request, venue)
            return redirect("studio-people", venue.slug)
        except DomainError as error:
            problem = error
    rows = Facilitator.objects.filter(venue=venue).select_related("user", "pay_rate", "default_place")
    context = {
        **shared_context(request, venue),
        "asking": rows.filter(approved_at=None).order_by("created_at", "pk"),
        "approved": rows.approved().order_by("name", "pk"),
        "problem": problem,
    }
    return render(request, "classes/studio/people.html", context, status=problem.status if problem else 200)


def _decide(request: HttpRequest, venue: Venue) -> None:
    action, _colon, key = request.POST.get("action", "").partition(":")
    if action not in DONE:
        raise UnknownAction
    profile = (
        Facilitator.objects.filter(venue=venue, pk=read_key(key) or 0).select_related("venue", "user").first()
    )
    if profile is None:
        raise NotFound(_("We couldn't find that person. Maybe someone has answered them already."))
    if action == "approve":
        approve_facilitator(facilitator=profile)
    else:
        decline_facilitator(facilitator=profile)
    messages.success(request, str(DONE[action]) % profile.name)
