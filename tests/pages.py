"""Every page there is, with an address at which it has something to show."""

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import get_resolver, reverse

from accounts.services.guests import data_link_path
from classes.tests.page_rows import fill as classes_week
from classes.tests.page_rows import lead
from common.root_urls import is_api
from lending.tests.desk_helpers import furnish
from lending.tests.page_rows import fill
from reservations.links import token_for
from reservations.models import Reservation
from reservations.tests.api_helpers import local
from resources.models import TeamInvitation
from resources.team_links import invitation_path
from tests.permissions.world import World
from waitlist.links import token_for as waitlist_token_for
from waitlist.models import WaitlistEntry

Address = Callable[[World], str]
REPEATED = "&time=10:00&duration=60&party_size=2&every=day&count=3"


def plain(name: str, query: str = "") -> Address:
    return lambda world: reverse(name) + query


def resource(name: str, query: str = "") -> Address:
    """About the room that somebody has booked, on the day of that booking."""
    return lambda world: f"{reverse(name, args=[_booked(world).uuid])}?date={local(7).date()}{query}"


def _booked(world: World) -> Any:
    return world.reservation.items.all()[0].resource


def booking(name: str, which: str = "reservation") -> Address:
    def address(world: World) -> str:
        found: Reservation = getattr(world, which)
        return reverse(name, args=[found.pk, token_for(found)])

    return address


def holding(name: str) -> Address:
    """For the account that holds a time."""
    return lambda world: reverse(name) + f"?{world.held.code}"


def of_series(name: str, query: str = "") -> Address:
    """By the link of the series' first date."""

    def address(world: World) -> str:
        first = Reservation.objects.filter(series=world.series).order_by("starts_at")[0]
        return reverse(name, args=[first.pk, token_for(first)]) + query

    return address


def waiting(which: str) -> Address:
    def address(world: World) -> str:
        entry: WaitlistEntry = getattr(world, which)
        return reverse("waitlist-entry", args=[entry.pk, waitlist_token_for(entry)])

    return address


def invited(world: World) -> str:
    manager = world.person("manager")
    assert manager
    invitation = TeamInvitation(venue=world.venue, email="nina@example.com", invited_by=manager)
    invitation.save()
    return invitation_path(invitation)


def booked_email(world: World) -> str:
    assert world.reservation
    return world.reservation.customer_email


def calendar(view: str, query: str = "") -> Address:
    """Around the day of that booking."""
    return lambda world: f"{reverse(f'calendar-{view}', args=[_day(world)])}{query}"


def of_room(view: str) -> Address:
    return lambda world: f"{calendar(view)(world)}?resource={_booked(world).uuid}"


def _day(world: World) -> str:
    assert world.reservation
    return local(7).date().isoformat()


def at_the_desk(name: str, *about: str, query: str = "") -> Address:
    """Of the venue's lending; ``about`` are attributes of what stands on its desk."""

    def address(world: World) -> str:
        desk = furnish(world.venue)
        return reverse(name, args=[world.venue.slug, *(getattr(desk, each) for each in about)]) + query

    return address


def lent(name: str, *about: str, query: str = "") -> Address:
    """``about``: the thing or the loan of a shelf that is filled."""

    def address(world: World) -> str:
        shelf = fill(world)
        rows = [getattr(shelf, each) for each in about]
        if name == "lend-loan":
            return reverse(name, args=[row.uuid for row in rows])
        return reverse(name, args=[world.venue.slug, *(row.slug for row in rows)]) + query

    return address


def lending(name: str, query: str = "") -> Address:
    return lambda world: f"{reverse(name)}{query}" if fill(world) else ""


def taught(name: str, about: str = "") -> Address:
    """``about``: the session, of a week that is filled; else the timetable of that week."""

    def address(world: World) -> str:
        week = classes_week(world)
        venue = week.house.venue.slug
        if about:
            return reverse(name, args=[venue, getattr(week, about).pk])
        path = reverse(name, args=[] if name == "classes" else [venue, *EMBEDDED.get(name, ())])
        return f"{path}?date={local(7).date()}"

    return address


def led(name: str, about: str = "", query: str = "") -> Address:
    """For the manager, who leads sessions, too; ``about``: one of them."""

    def address(world: World) -> str:
        lessons = lead(world)
        return reverse(name, args=[getattr(lessons, about).pk] if about else []) + query

    return address


def staffed(name: str, about: str = "", query: str = "") -> Address:
    """Of the staff of the world's own venue; ``about``: one of its lessons, or a pass."""

    def address(world: World) -> str:
        assert world.seat
        assert world.pending_teacher
        rows = [getattr(world, about).pk] if about else []
        path = reverse(name, args=[world.venue.slug, *rows])
        return f"{path}{query or f'?date={local(21).date()}'}"

    return address


EMBEDDED = {"embedded-place": ("classes",)}
"""What stands behind the venue in addresses of product's pages on other websites."""

# By role, then by the name of the address; several pages of one name are numbered behind a blank.
PAGES: dict[str, dict[str, Address]] = {
    "anonymous": {
        "home": plain("home"),
        "home 2": plain("home", "?party_size=9999"),
        "home 3": plain("home", "?days=7&part=evening&sort=price"),
        "home-month": plain("home-month", "?party_size=2"),
        "resource-day": resource("resource-day"),
        "resource-day 2": resource("resource-day", "&duration=0"),
        "resource-month": resource("resource-month"),
        "group-day": lambda world: reverse("group-day", args=[world.group.uuid]),
        "resource-repeat": resource("resource-repeat"),
        "resource-repeat 2": resource("resource-repeat", REPEATED),
        "embedded-venue": lambda world: reverse("embedded-venue", args=[world.venue.slug]),
        "embedded-place": lambda world: reverse("embedded-place", args=[world.venue.slug, world.room.slug]),
        "cart": plain("cart"),
        "reservation-manage": booking("reservation-manage"),
        "reservation-manage 2": booking("reservation-manage", "pending"),
        "reservation-ticket": booking("reservation-ticket"),
        "reservation-details": booking("reservation-details", "held"),
        "reservation-reschedule": booking("reservation-reschedule"),
        "reservation-cancel": booking("reservation-cancel"),
        "reservation-edit": booking("reservation-edit"),
        "reservation-receipt": booking("reservation-receipt"),
        "find-my-booking": plain("find-my-booking"),
        "guest-data-ask": plain("guest-data-ask"),
        "guest-data": lambda world: data_link_path(booked_email(world)),
        "waitlist-join": resource("waitlist-join"),
        "group-waitlist-join": lambda world: reverse("group-waitlist-join", args=[world.group.uuid]),
        "waitlist-entry": waiting("entry"),
        "waitlist-entry 2": waiting("offered"),
        "calendar-day": of_room("day"),
        "calendar-week": of_room("week"),
        "calendar-month": calendar("month"),
        "calendar-timeline": calendar("timeline"),
        "team-invitation": invited,
        "lend": lending("lend"),
        "lend 2": lending("lend", "?q=submarine"),
        "lend-thing": lent("lend-thing", "bench"),
        "lend-thing 2": lent("lend-thing", "kit"),
        "classes": taught("classes"),
        "classes-venue": taught("classes-venue"),
        "classes-session": taught("classes-session", "retreat"),
        "classes-passes": taught("classes-passes"),
        "embedded-place 2": taught("embedded-place"),
        "account_login": plain("account_login"),
        "account_signup": plain("account_signup"),
        "account_reset_password": plain("account_reset_password"),
        "account_reset_password_done": plain("account_reset_password_done"),
        "account_reset_password_from_key_done": plain("account_reset_password_from_key_done"),
        "account_reset_password_from_key": lambda world: f"/accounts/password/reset/key/{world.reset_key}/",
        "account_confirm_email": lambda world: f"/accounts/confirm-email/{world.verification_key}/",
        "account_email_verification_sent": plain("account_email_verification_sent"),
        "account_inactive": plain("account_inactive"),
        "socialaccount_login_cancelled": plain("socialaccount_login_cancelled"),
        "socialaccount_login_error": plain("socialaccount_login_error"),
    },
    "customer": {
        "home": plain("home"),
        "resource-repeat": resource("resource-repeat", REPEATED),
        "cart": holding("cart"),
        "cart-book": holding("cart-book"),
        "cart-booked": plain("cart-booked"),
        "reservation-series": of_series("reservation-series"),
        "reservation-series-cancel": of_series("reservation-series-cancel", "?scope=all"),
        "reservation-series-move": of_series("reservation-series-move", "?scope=all&time=11:00"),
        "my-reservations": plain("my-reservations"),
        "my-waitlist": plain("my-waitlist"),
        "my-reservations 2": plain("my-reservations", "?show=past&q=nowhere"),
        "lend-mine": lending("lend-mine"),
        "lend-mine 2": lending("lend-mine", "?show=past"),
        "lend-loan": lent("lend-loan", "having"),
        "lend-loan 2": lent("lend-loan", "waiting"),
        "lend-thing": lent("lend-thing", "scope"),
        "lend-thing 2": lent("lend-thing", "group"),
        "lend-board": lent("lend-board"),
        "classes-venue": taught("classes-venue"),
        "classes-session": taught("classes-session", "full"),
        "classes-passes": taught("classes-passes"),
        "teach": plain("teach"),
        "calendar-feeds": plain("calendar-feeds"),
        "calendar-week": calendar("week", "?mine=1"),
        "account-home": plain("account-home"),
        "account-profile": plain("account-profile"),
        "account-keys": plain("account-keys"),
        "account-data": plain("account-data"),
        "account-delete": plain("account-delete"),
        "account_logout": plain("account_logout"),
        "account_email": plain("account_email"),
        "account_change_password": plain("account_change_password"),
        "account_reauthenticate": plain("account_reauthenticate"),
        "mfa_index": plain("mfa_index"),
        "mfa_activate_totp": plain("mfa_activate_totp"),
        "mfa_list_webauthn": plain("mfa_list_webauthn"),
        "mfa_add_webauthn": plain("mfa_add_webauthn"),
        "socialaccount_connections": plain("socialaccount_connections"),
        "usersessions_list": plain("usersessions_list"),
    },
    "manager": {
        "my-reservations": plain("my-reservations"),
        "calendar-day": of_room("day"),
        "calendar-week": calendar("week"),
        "calendar-month": of_room("month"),
        "calendar-timeline": calendar("timeline", "?show=list"),
        "calendar-timeline 2": of_room("timeline"),
        "calendar-new": plain("calendar-new"),
        "calendar-edit": lambda world: reverse("calendar-edit", args=[world.reservation.pk]),
        "lend-desk": at_the_desk("lend-desk"),
        "lend-desk 2": at_the_desk("lend-desk", query="?code=L-02"),
        "lend-desk-loan": at_the_desk("lend-desk-loan", "ready"),
        "lend-desk-loan 2": at_the_desk("lend-desk-loan", "overdue"),
        "lend-desk-new": at_the_desk("lend-desk-new"),
        "lend-desk-queue": at_the_desk("lend-desk-queue", "queue"),
        "lend-desk-things": at_the_desk("lend-desk-things"),
        "lend-desk-thing": at_the_desk("lend-desk-thing", "laptop"),
        "lend-desk-labels": at_the_desk("lend-desk-labels"),
        "studio": staffed("studio"),
        "studio 2": staffed("studio", query="?by=teacher"),
        "studio-new": staffed("studio-new"),
        "studio-session": staffed("studio-session", "lesson"),
        "studio-change": staffed("studio-change", "lesson"),
        "studio-change 2": staffed("studio-change", "quiet_lesson", "?time=11:00"),
        "studio-retreat": staffed("studio-retreat"),
        "studio-prices": staffed("studio-prices", "lesson"),
        "studio-call-off": staffed("studio-call-off", "lesson"),
        "studio-day": staffed("studio-day", query="?"),
        "studio-passes": staffed("studio-passes"),
        "studio-pass": staffed("studio-pass", "sold_pass"),
        "studio-payouts": staffed("studio-payouts"),
        "studio-people": staffed("studio-people"),
        "lend-fairness": at_the_desk("lend-fairness"),
        "lend-use": at_the_desk("lend-use"),
        "teach": led("teach"),
        "teach-session": led("teach-session", "running"),
        "teach-session 2": led("teach-session", "wanted"),
        "teach-change": led("teach-change", "booked"),
        "teach-prices": led("teach-prices", "booked"),
        "teach-call-off": led("teach-call-off", "booked"),
        "teach-substitute": led("teach-substitute", "booked"),
        "teach-new": led("teach-new"),
        "teach-copy": led("teach-copy"),
        "teach-later": led("teach-later"),
        "teach-retreat": led("teach-retreat"),
        "teach-revenue": lambda world: led("teach-revenue")(world) + f"?to={local(7).date()}",
        "teach-lines": lambda world: f"{reverse('teach-lines')}?session={lead(world).booked.pk}",
        "teach-profile": led("teach-profile"),
    },
}

NO_PAGES = {
    # The same page as resource-month.
    "group-month",
    # They take a form and lead elsewhere.
    "hold",
    "group-hold",
    "reservation-release",
    "reservation-stop-texts",
    "reservation-pay",
    "reservation-pay-part",
    "payment-back",
    "reservation-again",
    "reservation-extend",
    "reservation-add",
    "reservation-remove",
    "waitlist-leave",
    "waitlist-accept",
    "waitlist-decline",
    "calendar",
    "calendar-move",
    "lend-desks",
    "studios",
    "lend-request",
    "lend-dates",
    "lend-return",
    "lend-renew",
    "lend-keep",
    "lend-cancel",
    "lend-pause",
    "lend-resume",
    "lend-edit",
    "lend-booking",
    "classes-book",
    "classes-wait",
    "classes-again",
    "classes-buy-pass",
    "classes-pay-pass",
    "classes-pay-instalment",
    "teach-join",
    "teach-attendance",
    "teach-walk-in",
    "teach-letter",
    "teach-answer",
    "lend-venue",
    "calendar-feed-rotate",
    "calendar-feed-revoke",
    "set_language",
    "account-key-revoke",
    # Files and programs' addresses.
    "photo",
    "facilitator-photo",
    "group-photo",
    "paint",
    "file",
    "calendar-busy",
    "calendar-events",
    "calendar-feed",
    "classes-calendar",
    "reservation-event",
    "reservation-qr",
    "account-data-download",
    "guest-data-download",
    "stream",
    "sms-report",
    "payment-report",
    "short-docs",
    "short-redoc",
    "mfa_download_recovery_codes",
    "mfa_login_webauthn",
    "favicon",
    "manifest",
    "robots",
    "security",
    # Steps inside a sign-in or a second factor; accounts/tests walk through them.
    "account_confirm_login_code",
    "account_set_password",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "socialaccount_signup",
    "openid_connect_login",
    "openid_connect_callback",
}


def names() -> set[str]:
    """Of every address but the API's and the admin's."""
    return {name for name in _walk(get_resolver()) if name}


def _walk(resolver: Any, before: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if not hasattr(each, "url_patterns"):
            yield "" if is_api(f"/{route}") else each.name
        elif not route.startswith(("api/", "admin/")):
            yield from _walk(each, route)
