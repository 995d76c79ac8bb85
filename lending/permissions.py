"""Who may do what; whether the state and the rules allow it is up to the services. 404 without ``can_view``.

Roles count at the loan's venue alone.
"""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from common.clock import now as clock_now
from common.venues import MANAGING
from lending.enums import HAVING, NamesShown, ReturnBy, Status
from lending.models import Loan
from lending.policies import Terms
from resources.permissions import sees_venue, works_at

if TYPE_CHECKING:
    from accounts.models import User
    from resources.models import Resource, Venue

    Viewer = User | AnonymousUser


def is_own(user: "Viewer", loan: Loan) -> bool:
    return bool(user.pk) and loan.borrower_id == user.pk


def manages_loans(user: "Viewer", venue_id: int) -> bool:
    """Managers and staff: everything, also on behalf of others."""
    return works_at(user, venue_id, *MANAGING)


def can_manage(user: "Viewer", loan: Loan) -> bool:
    return manages_loans(user, loan.venue_id)


def can_view(user: "Viewer", loan: Loan) -> bool:
    """One query for facilitators, none for others."""
    if is_own(user, loan) or can_manage(user, loan):
        return True
    return works_at(user, loan.venue_id) and Loan.objects.filter(pk=loan.pk).visible_to(user).exists()


def can_change(user: "Viewer", loan: Loan) -> bool:
    """Cancel, return, renew, keep, pause, resume, say what it is for."""
    return is_own(user, loan) or can_manage(user, loan)


def can_request(user: "Viewer", thing: "Resource", borrower: "User | None" = None) -> bool:
    """For oneself, signed in, what one may see; staff of the venue also for others."""
    if not user.pk or not user.is_active:
        return False
    if manages_loans(user, thing.venue_id):
        return True
    return (borrower is None or borrower.pk == user.pk) and can_see_thing(user, thing, thing.venue)


def can_see_thing(user: "Viewer", thing: "Resource", venue: "Venue") -> bool:
    is_public = thing.is_active and thing.is_listed and sees_venue(user, venue)
    return is_public or works_at(user, thing.venue_id)


def can_see_names(user: "Viewer", venue_id: int, terms: Terms) -> bool:
    """Whole names of who has a thing and who waits for it: never for the whole world."""
    if not user.pk:
        return False
    return terms.names_shown == NamesShown.EVERYBODY or manages_loans(user, venue_id)


def show_name(name: str, user: "Viewer", venue_id: int, terms: Terms) -> str:
    """As the rules of the thing let this reader know it; empty where they may not, and for guests."""
    if can_see_names(user, venue_id, terms):
        return name
    return public_name(name, terms) if user.pk else ""


def public_name(name: str, terms: Terms) -> str:
    """As it may stand on a wall at the venue, whoever put it there."""
    if terms.names_shown != NamesShown.INITIALS:
        return name if terms.names_shown == NamesShown.EVERYBODY else ""
    return " ".join(f"{word[0].upper()}." for word in name.split("@")[0].split() if word)


def allowed_actions(user: "Viewer", loan: Loan, terms: Terms | None, *, is_away: bool = False) -> list[str]:
    """Without what state and rules would refuse; others may still have it, or wait for it.

    ``is_away``: its dates have come, and it is not there (``beginning.find_away``).
    """
    own, manages = is_own(user, loan), can_manage(user, loan)
    if not (own or manages):
        return []
    of_staff = _list_of_staff(loan, is_away=is_away) if manages else []
    return _list_own(loan, terms, manages=manages) + of_staff


def _list_own(loan: Loan, terms: Terms | None, *, manages: bool) -> list[str]:
    status = Status(loan.status)
    actions = ["cancel"] if status in (Status.REQUESTED, Status.APPROVED) else []
    if loan.is_waiting:
        is_paused = loan.suspended_until is not None and loan.suspended_until > clock_now()
        actions.append("resume" if is_paused else "suspend")
    if loan.valid_until and loan.valid_until > clock_now() and status in (Status.REQUESTED, Status.OUT):
        actions.append("keep-alive")
    if status == Status.OUT:
        by_staff = terms is not None and terms.return_by == ReturnBy.STAFF
        actions += ["return"] if manages or not by_staff else []
        actions += ["renew"] if loan.due_at and (manages or _is_renewable(loan, terms)) else []
    return actions


def _is_renewable(loan: Loan, terms: Terms | None) -> bool:
    """By its borrower."""
    return loan.recalled_at is None and terms is not None and loan.renewals_used < terms.renewals


def _list_of_staff(loan: Loan, *, is_away: bool) -> list[str]:
    status = Status(loan.status)
    actions = ["approve", "decline"] if status == Status.REQUESTED else []
    actions += ["move"] if loan.is_waiting else []
    is_early = loan.wanted_from is not None and loan.wanted_from > clock_now()
    is_there = not (is_early or is_away)
    actions += ["hand-out"] if status == Status.APPROVED and is_there else []
    actions += ["recall", "force-return", "lost"] if status == Status.OUT else []
    actions += ["swap"] if status in HAVING else []
    return actions + (["found"] if status == Status.LOST else [])
