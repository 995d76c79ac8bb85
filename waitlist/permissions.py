"""Who may do what; answer 404 where ``can_view`` is false. ``token`` is a guest's secret."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from common.venues import MANAGING
from resources.permissions import works_at
from waitlist.enums import WaitlistStatus
from waitlist.links import is_valid
from waitlist.models import WaitlistEntry

if TYPE_CHECKING:
    from accounts.models import User


def is_own(user: "User | AnonymousUser", entry: WaitlistEntry, token: str = "") -> bool:
    by_account = bool(user.pk) and entry.customer_id == user.pk
    return by_account or bool(token and is_valid(entry, token))


def can_view(user: "User | AnonymousUser", entry: WaitlistEntry, token: str = "") -> bool:
    return is_own(user, entry, token) or can_manage(user, entry)


def can_manage(user: "User | AnonymousUser", entry: WaitlistEntry) -> bool:
    """Staff's part: priority and contacted."""
    return works_at(user, entry.venue_id, *MANAGING)


def can_change(user: "User | AnonymousUser", entry: WaitlistEntry, token: str = "") -> bool:
    return is_own(user, entry, token) or can_manage(user, entry)


def allowed_actions(entry: WaitlistEntry, *, own: bool, manages: bool) -> list[str]:
    if entry.status not in WaitlistEntry.ACTIVE or not (own or manages):
        return []
    is_waiting = entry.status == WaitlistStatus.WAITING
    staff_actions = ["mark_contacted" if is_waiting else "mark_waiting"] if manages else []
    return ["change", "leave", *staff_actions]
