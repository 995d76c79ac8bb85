"""Secret addresses of feeds: derived from key, id and ``link_version``, so that raising it revokes them."""

from django.conf import settings
from django.urls import reverse

from calendars.models import CalendarFeed
from common.keyed import derive_token, is_token
from reservations.links import token_for as reservation_token
from reservations.models import Reservation
from resources.models import Resource

SALT = "calendars.links"
TOKEN_LENGTH = 40


def token_for(feed: CalendarFeed) -> str:
    return derive_token(SALT, _value_of(feed), TOKEN_LENGTH)


def is_valid(feed: CalendarFeed, token: str) -> bool:
    return is_token(token, SALT, _value_of(feed), TOKEN_LENGTH)


def _value_of(feed: CalendarFeed) -> str:
    return f"{feed.pk.hex}:{feed.link_version}"


def feed_url(feed: CalendarFeed) -> str:
    return absolute(reverse("calendar-feed", args=[feed.pk, token_for(feed)]))


def busy_url(resource: Resource) -> str:
    return absolute(reverse("calendar-busy", args=[resource.venue.slug, resource.slug]))


def event_url(reservation: Reservation) -> str:
    return absolute(reverse("reservation-event", args=[reservation.pk, reservation_token(reservation)]))


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def webcal(url: str) -> str:
    return "webcal://" + url.partition("://")[2]
