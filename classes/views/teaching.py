"""The facilitator's first page: what they lead in the next days, and how one becomes a facilitator."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from classes.enums import PRODUCT
from classes.models import Facilitator
from classes.services import register_facilitator
from classes.teaching import (
    is_at_work,
    list_later_days,
    list_led_days,
    list_profiles,
    list_requests,
)
from classes.teaching_forms import JoiningForm
from common import clock
from common.kept_answers import show_at
from common.venues import directory
from reservations.domain.values import Actor
from reservations.enums import Source
from resources.permissions import works_at


def user_of(request: HttpRequest) -> User:
    """Of a page for which one has signed in."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def leader(request: HttpRequest) -> Actor:
    return Actor(user_of(request), Source.STAFF)


def choose_profile(request: HttpRequest) -> tuple[Facilitator | None, list[Facilitator]]:
    """One's own at the venue that ``?venue=`` names, or the first, and all of them; only approved ones."""
    profiles = [profile for profile in list_profiles(user_of(request)) if is_at_work(profile)]
    wanted = request.GET.get("venue", "")
    chosen = [profile for profile in profiles if profile.venue.slug == wanted] or profiles
    return (chosen[0] if chosen else None), profiles


def describe_profile(profile: Facilitator, profiles: Sequence[Facilitator]) -> dict[str, Any]:
    """What the frame of such a page needs; ``keep`` leads on to the same venue."""
    venue = profile.venue
    return {
        "profile": profile,
        "profiles": profiles,
        "venue": venue,
        "face": venue,
        "zone": venue.zone_name,
        "keep": f"?venue={venue.slug}" if len(profiles) > 1 else "",
    }


@never_cache
@login_required
@require_safe
def teach(request: HttpRequest) -> HttpResponse:
    return _show(request)


@never_cache
@login_required
@require_safe
def later(request: HttpRequest) -> HttpResponse:
    """Sessions after the days on the first page."""
    profiles, now = [each for each in list_profiles(user_of(request)) if is_at_work(each)], clock.now()
    if not profiles:
        return redirect("teach")
    zones, only = {profile.venue.zone_name for profile in profiles}, profiles[0].venue
    context = {
        "profiles": profiles,
        "days": list_later_days(profiles, now),
        "zone": zones.pop() if len(zones) == 1 else "",
        "face": only if len(profiles) == 1 else None,
    }
    return render(request, "classes/teach/later.html", context)


@never_cache
@login_required
@require_POST
def join(request: HttpRequest) -> HttpResponse:
    """Ask to be a facilitator; members of a venue's team are at once."""
    user, form = user_of(request), _make_form(request, request.POST)
    if form is None:
        return redirect("teach")
    if not form.is_valid():
        return show_at(_show(request, form, 400), reverse("teach"))
    data, venue = form.cleaned_data, form.chosen_venue()
    profile = register_facilitator(
        venue=venue,
        user=user,
        name=data["name"],
        bio=data["bio"],
        specialization=data["specialization"],
        is_approved=settings.CLASSES_OPEN_SIGNUP or works_at(user, venue.pk),
    )
    if profile.is_approved:
        messages.success(request, _("You can add sessions now."))
    else:
        messages.success(request, _("%(venue)s has received your request.") % {"venue": venue.name})
    return redirect("teach")


def _works_where_asked(request: HttpRequest, form: JoiningForm | None) -> bool:
    """Who works at the only venue there is to ask has nobody to wait for."""
    venue = form.only_venue if form else None
    return venue is not None and works_at(request.user, venue.pk)


def _make_form(request: HttpRequest, data: Any = None) -> JoiningForm | None:
    """For venues with classes where one is not known yet; None where there is none."""
    user = user_of(request)
    known = Facilitator.objects.filter(user=user).values("venue")
    venues = list(directory().offering(PRODUCT).exclude(pk__in=known).order_by("name", "pk"))
    initial = {"name": user.get_full_name()}
    return JoiningForm(data, venues=venues, initial=initial) if venues else None


def _show(request: HttpRequest, form: JoiningForm | None = None, status: int = 200) -> HttpResponse:
    now, known = clock.now(), list_profiles(user_of(request))
    profiles = [profile for profile in known if is_at_work(profile)]
    days = list_led_days(profiles, now) if profiles else []
    zones = {profile.venue.zone_name for profile in profiles}
    context = {
        "profiles": profiles,
        "pending": [profile for profile in known if not profile.is_approved],
        "former": [profile for profile in known if profile.is_approved and profile not in profiles],
        "days": days,
        "requests": list_requests(profiles, now) if profiles else [],
        "today": now.astimezone(profiles[0].venue.zone).date() if profiles else None,
        "zone": zones.pop() if len(zones) == 1 else "",
        "form": (form := form or _make_form(request)),
        "at_once": settings.CLASSES_OPEN_SIGNUP or _works_where_asked(request, form),
    }
    return render(request, "classes/teach/teach.html", context, status=status)
