"""What was typed into the form of a hold, kept while the visitor changes the hold."""

from collections.abc import Iterable

from django.http import HttpRequest

from reservations.models import Reservation

DRAFTS = "drafts"
MOST_DRAFTS = 5
LONGEST_VALUE = 2000
MOST_FIELDS = 60
NO_TEXT = ("csrfmiddlewaretoken", "add", "remove", "accept_terms", "back", "keep", "hold")


def keep_draft(request: HttpRequest, reservation: Reservation, texts: dict[str, str] | None = None) -> None:
    """Remember the posted texts, or ``texts``."""
    draft = texts if texts is not None else _read_posted(request)
    if not any(draft.values()):
        return
    drafts = {key: saved for key, saved in _read_drafts(request).items() if key != str(reservation.pk)}
    recent = dict(list(drafts.items())[1 - MOST_DRAFTS :])
    request.session[DRAFTS] = recent | {str(reservation.pk): draft}


def read_draft(request: HttpRequest, reservation: Reservation) -> dict[str, str]:
    """By field name; empty if there is none. What was left empty is no draft: an account may fill it in."""
    draft = _read_drafts(request).get(str(reservation.pk), {})
    return {name: text for name, text in draft.items() if text}


def read_drafts(request: HttpRequest, reservations: Iterable[Reservation]) -> dict[str, str]:
    """Of several holds that are booked together."""
    merged: dict[str, str] = {}
    for reservation in reservations:
        merged |= read_draft(request, reservation)
    return merged


def drop_draft(request: HttpRequest, reservation: Reservation) -> None:
    drafts = _read_drafts(request)
    if str(reservation.pk) in drafts:
        request.session[DRAFTS] = {key: saved for key, saved in drafts.items() if key != str(reservation.pk)}


def _read_drafts(request: HttpRequest) -> dict[str, dict[str, str]]:
    drafts: dict[str, dict[str, str]] = request.session.get(DRAFTS, {})
    return drafts


def _read_posted(request: HttpRequest) -> dict[str, str]:
    fields = [(name, text) for name, text in request.POST.items() if name not in NO_TEXT]
    texts = {name: str(text)[:LONGEST_VALUE] for name, text in fields[:MOST_FIELDS]}
    return {name: text for name, text in texts.items() if "quantity-" not in name}
