"""What somebody has typed into the form of a hold, kept while they do something else with the hold."""

from django.http import HttpRequest

from reservations.models import Reservation

DRAFTS = "drafts"
"""The session's key."""
MOST_DRAFTS = 5
LONGEST_VALUE = 2000
MOST_FIELDS = 60
NO_TEXT = ("csrfmiddlewaretoken", "add", "remove", "accept_terms")


def keep_draft(request: HttpRequest, reservation: Reservation, texts: dict[str, str] | None = None) -> None:
    """Remembers the posted texts, or those given."""
    given = texts if texts is not None else _posted(request)
    if not any(given.values()):
        return
    drafts = {key: kept for key, kept in _drafts(request).items() if key != str(reservation.pk)}
    recent = dict(list(drafts.items())[1 - MOST_DRAFTS :])
    request.session[DRAFTS] = recent | {str(reservation.pk): given}


def read_draft(request: HttpRequest, reservation: Reservation) -> dict[str, str]:
    """By field; empty where nothing was typed."""
    return _drafts(request).get(str(reservation.pk), {})


def drop_draft(request: HttpRequest, reservation: Reservation) -> None:
    drafts = _drafts(request)
    if str(reservation.pk) in drafts:
        request.session[DRAFTS] = {key: kept for key, kept in drafts.items() if key != str(reservation.pk)}


def _drafts(request: HttpRequest) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = request.session.get(DRAFTS, {})
    return found


def _posted(request: HttpRequest) -> dict[str, str]:
    fields = [(name, text) for name, text in request.POST.items() if name not in NO_TEXT]
    kept = {name: str(text)[:LONGEST_VALUE] for name, text in fields[:MOST_FIELDS]}
    return {name: text for name, text in kept.items() if "quantity-" not in name}
