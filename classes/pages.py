"""What pages of others show of classes."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from classes.enums import PRODUCT
from classes.models import Facilitator, Session, Studio
from classes.own_rows import list_due, list_given_up, list_passes
from classes.timetable import list_next
from classes.urls import RESERVED
from classes.views.timetable import describe_week
from classes.waiting import key_of_entry, key_of_session
from common import clock
from common.menu import Audience, MenuEntry, menu_entries
from common.page_parts import (
    EmbeddedPage,
    PagePart,
    PageQuery,
    embedded_pages,
    embedded_parts,
    first_steps,
    home_parts,
    my_bookings_parts,
    place_pages,
    place_parts,
    search_parts,
)
from common.second_factor import is_administrator
from common.venues import MANAGING, Viewer, directory, reserved_words
from payments.providers import find_checkout_provider
from resources.models import Venue
from resources.permissions import roles_of
from waitlist.models import WaitlistEntry
from waitlist.naming import entry_namers

FEW, SOME = 3, 6
MANAGING_ROLES = frozenset(MANAGING)
A_DAY = timedelta(days=1)
FRAME = "classes"
"""The last part of the address of the timetable on other websites."""


def show_at_home(request: HttpRequest, query: PageQuery) -> str:
    return _show_next(request, query, FEW)


def show_in_search(request: HttpRequest, query: PageQuery) -> str:
    return _show_next(request, query, SOME) if query.text else ""


def show_in_frame(request: HttpRequest, query: PageQuery) -> str:
    return _show_next(request, query, FEW)


def _show_next(request: HttpRequest, query: PageQuery, most: int) -> str:
    rows = list_next(query.venues, request.user, clock.now(), most, query.text)
    venues = {row.session.venue for row in rows}
    context = {
        "rows": rows,
        "shows_venue": len(query.venues) > 1,
        "venue": venues.pop() if len(venues) == 1 else None,
        "in_frame": query.in_frame,
    }
    return render_to_string("classes/_next.html", context, request) if rows else ""


def show_on_place(request: HttpRequest, query: PageQuery) -> str:
    """The way from a room to what takes place in it."""
    studio = Studio.objects.filter(room=query.resource_id or 0).first()
    if studio is None:
        return ""
    context = {"studio": studio, "venue": query.venues[0], "in_frame": query.in_frame}
    return render_to_string("classes/_place.html", context, request)


def show_own(request: HttpRequest, query: PageQuery) -> str:
    """Instalments, passes, and what was given up and can still be had; seats stand among the bookings."""
    if query.is_past or query.text or not isinstance(request.user, User):
        return ""
    user_id, now = request.user.pk, clock.now()
    context = {
        "due": list_due(user_id, now),
        "passes": list_passes(user_id, now),
        "given_up": list_given_up(user_id, now),
    }
    if not any(context.values()):
        return ""
    pays_online = find_checkout_provider() is not None
    return render_to_string("classes/_own.html", context | {"pays_online": pays_online}, request)


def show_first_step(request: HttpRequest, query: PageQuery) -> str:
    """For whoever has a venue with nothing in it."""
    if not directory().manages_anywhere(request.user):
        return ""
    return format_html('<a class="button" href="{}">{}</a>', reverse("studios"), _("Offer classes"))


def page_of_place(query: PageQuery) -> str:
    """Seats are booked from the timetable."""
    path = reverse("classes-venue", args=[query.venues[0].slug])
    return f"{path}?{urlencode({'date': query.first_day.isoformat()})}" if query.first_day else path


def embed_timetable(request: HttpRequest, venue: Venue) -> tuple[str, int]:
    context = describe_week(request, venue) | {"in_frame": True}
    status = 200 if context["form"].is_valid() else 400
    return render_to_string("classes/_embedded.html", context, request), status


def find_titles(entries: Sequence[WaitlistEntry]) -> dict[UUID, str]:
    """Of the sessions that people wait for; one query, or none where it is all about other things."""
    seats = [entry for entry in entries if entry.resource and entry.resource.extension == PRODUCT]
    if not seats:
        return {}
    days = [entry.preferred_on for entry in seats]
    # A day of grace on each side: dates are the venue's, instants are not.
    first, last = (datetime.combine(day, time(), UTC) for day in (min(days) - A_DAY, max(days) + 2 * A_DAY))
    sessions = Session.objects.select_related("venue", "place").filter(
        place__seats__in={entry.resource_id for entry in seats}, starts_at__gte=first, starts_at__lt=last
    )
    titles = {key_of_session(session): session.title for session in sessions.order_by("-status", "pk")}
    keys = {entry.pk: key_of_entry(entry) for entry in seats}
    return {id: titles[key] for id, key in keys.items() if key in titles}


def teaches(user: Viewer) -> bool:
    """One query for a page; kept on the user, who lives for one request."""
    if "_teaches" not in user.__dict__:
        user.__dict__["_teaches"] = Facilitator.objects.approved().filter(user=user.pk).exists()
    known: bool = user.__dict__["_teaches"]
    return known


def runs_studio(user: Viewer) -> bool:
    """Not those who only lead something; no query, roles are known."""
    return is_administrator(user) or not MANAGING_ROLES.isdisjoint(roles_of(user).values())


def register() -> None:
    reserved_words.register(PRODUCT, RESERVED)
    home_parts.register(PRODUCT, PagePart(show_at_home, PRODUCT))
    search_parts.register(PRODUCT, PagePart(show_in_search, PRODUCT))
    first_steps.register(PRODUCT, PagePart(show_first_step))
    embedded_parts.register(PRODUCT, PagePart(show_in_frame, PRODUCT))
    embedded_pages.register(FRAME, EmbeddedPage(_("Timetable"), embed_timetable, PRODUCT, "css/classes.css"))
    place_pages.register(PRODUCT, page_of_place)
    place_parts.register(PRODUCT, PagePart(show_on_place, PRODUCT))
    my_bookings_parts.register(PRODUCT, PagePart(show_own))
    entry_namers.register(PRODUCT, find_titles)
    classes = MenuEntry(
        view="classes",
        icon="people",
        label=_("Classes"),
        title=_("Classes"),
        hint=_("See what's on and book your place"),
        pages=("classes", "classes-*"),
        audience=Audience.EVERYBODY,
        product=PRODUCT,
    )
    studio = MenuEntry(
        view="studios",
        icon="week",
        label=_("Studio"),
        title=_("Studio"),
        hint=_("Plan sessions, waitlists, passes and pay."),
        pages=("studio*",),
        audience=Audience.TEAM,
        product=PRODUCT,
        is_for=runs_studio,
    )
    menu_entries.register(f"{PRODUCT}-studio", studio)
    menu_entries.register(PRODUCT, classes)
    teach = MenuEntry(
        view="teach",
        icon="board",
        label=_("Teach"),
        title=_("Teach"),
        hint=_("Your sessions, who's coming, and what you're paid"),
        pages=("teach", "teach-*"),
        audience=Audience.TEAM,
        product=PRODUCT,
        is_for=teaches,
    )
    menu_entries.register("teach", teach)
