"""A guest's secret link to their waitlist entry, computed and never stored."""

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from waitlist.models import WaitlistEntry

SALT = "waitlist.links"
TOKEN_LENGTH = 32


def token_for(entry: WaitlistEntry) -> str:
    digest = salted_hmac(SALT, entry.pk.hex, secret=settings.SECRET_KEY, algorithm="sha256")
    return digest.hexdigest()[:TOKEN_LENGTH]


def is_valid(entry: WaitlistEntry, token: str) -> bool:
    return constant_time_compare(token_for(entry), token)


def entry_path(entry: WaitlistEntry) -> str:
    return reverse("waitlist-entry", args=[entry.pk, token_for(entry)])
