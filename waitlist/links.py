"""A guest's secret link to their waitlist entry, computed and never stored.

Raising ``link_version`` revokes it, and it ends some time after the date they waited for.
"""

from django.urls import reverse

from common import clock
from common.keyed import derive_token, is_token
from reservations.links import links_end_before
from waitlist.models import WaitlistEntry

SALT = "waitlist.links"
TOKEN_LENGTH = 32


def token_for(entry: WaitlistEntry) -> str:
    return derive_token(SALT, _value_of(entry), TOKEN_LENGTH)


def is_valid(entry: WaitlistEntry, token: str) -> bool:
    return is_token(token, SALT, _value_of(entry), TOKEN_LENGTH) and not _has_ended(entry)


def _value_of(entry: WaitlistEntry) -> str:
    return f"{entry.pk.hex}:{entry.link_version}"


def _has_ended(entry: WaitlistEntry) -> bool:
    return links_end_before(clock.now()).date() > entry.preferred_on


def entry_path(entry: WaitlistEntry) -> str:
    return reverse("waitlist-entry", args=[entry.pk, token_for(entry)])
