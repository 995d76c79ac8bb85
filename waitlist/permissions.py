"""Who may see and do what with a waitlist entry; where ``can_view`` says no, answer 404.

``token`` is the secret a guest was given (``waitlist.links``).
"""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from reservations.permissions import MANAGING, works_at
from waitlist.links import is_valid
from waitlist.models import WaitlistEntry

if TYPE_CHECKING:
    from accounts.models import User


def is_own(user: "User | AnonymousUser", entry: WaitlistEntry, token: str = "") -> bool:
    """The person who waits: by their account, or by the secret they were given."""
    by_account = bool(user.pk) and entry.customer_id == user.pk
    return by_account or bool(token and is_valid(entry, token))


def can_view(user: "User | AnonymousUser", entry: WaitlistEntry, token: str = "") -> bool:
    return is_own(user, entry, token) or works_at(user, entry.venue_id)


def can_manage(user: "User | AnonymousUser", entry: WaitlistEntry) -> bool:
    """Staff's part: priority, and who has been contacted."""
    return works_at(user, entry.venue_id, *MANAGING)


def can_change(user: "User | AnonymousUser", entry: WaitlistEntry, token: str = "") -> bool:
    """Changing the wish or leaving the list."""
    return is_own(user, entry, token) or can_manage(user, entry)


def allowed_actions(entry: WaitlistEntry, *, own: bool, manages: bool) -> list[str]:
    """Names of what can be done with it in its present state, for buttons."""
    if entry.status not in WaitlistEntry.ACTIVE or not (own or manages):
        return []
    waits = entry.status == WaitlistEntry.Status.WAITING
    marking = ["mark_contacted" if waits else "mark_waiting"] if manages else []
    return ["change", "leave", *marking]
