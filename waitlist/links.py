"""A guest's secret link to their waitlist entry, computed and never stored."""

from django.urls import reverse

from common.keyed import derive_token, is_token
from waitlist.models import WaitlistEntry

SALT = "waitlist.links"
TOKEN_LENGTH = 32


def token_for(entry: WaitlistEntry) -> str:
    return derive_token(SALT, entry.pk.hex, TOKEN_LENGTH)


def is_valid(entry: WaitlistEntry, token: str) -> bool:
    return is_token(token, SALT, entry.pk.hex, TOKEN_LENGTH)


def entry_path(entry: WaitlistEntry) -> str:
    return reverse("waitlist-entry", args=[entry.pk, token_for(entry)])
