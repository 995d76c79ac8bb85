"""A booking made once, however often its request arrives."""

from datetime import datetime
from uuid import UUID

from common.idempotency import CarriedOutBefore, claim_key, find_answer, fingerprint_of, scope_of
from common.models import StoredAnswer
from reservations.domain.values import Actor
from reservations.links import FIRST_VERSION
from reservations.models import Reservation

PURPOSE = "booking:"


def claim(
    key: str, actor: Actor, asked: object, *, venue_id: int, now: datetime, reservation_id: UUID | None = None
) -> StoredAnswer | None:
    """The key, None when it is claimed already.

    ``reservation_id`` is of the row that the transaction will insert; where it is not known yet,
    ``remember`` says it.
    """
    made = str(reservation_id or "")
    scope, fingerprint = scope_of(actor.user, PURPOSE), fingerprint_of(asked)
    return claim_key(key, scope, fingerprint, now=now, venue_id=venue_id, subject_id=made)


def earlier_answer(key: str, actor: Actor, asked: object) -> Reservation | None:
    """The reservation this key already made.

    Raises ``CarriedOutBefore`` for one that is somebody else's by now, and ``IdempotencyMismatch`` for
    another request's key.
    """
    stored = find_answer(key, scope_of(actor.user, PURPOSE), fingerprint_of(asked)) if key else None
    made = stored.subject_id if stored else ""
    reservation = Reservation.objects.select_related("venue").filter(pk=made).first() if made else None
    if reservation is not None:
        _require_same_owner(reservation, actor)
        reservation.was_made_before = True
    return reservation


def _require_same_owner(reservation: Reservation, actor: Actor) -> None:
    # It has a new link, by a new address or because staff renewed it: the old one opens nothing, nor the key.
    is_own = actor.user is not None and reservation.customer_id == actor.user.pk
    if reservation.link_version != FIRST_VERSION and not is_own:
        raise CarriedOutBefore


def remember(claimed: StoredAnswer, reservation: Reservation) -> None:
    claimed.subject_id = str(reservation.pk)
    claimed.save(update_fields=["subject_id"])
