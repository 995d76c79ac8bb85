"""A creating request carried out once, however often it arrives."""

import hashlib
import json
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from common.errors import IdempotencyMismatch
from common.models import StoredAnswer
from reservations.domain.values import Actor
from reservations.models import IdempotencyKey, Reservation

GUEST = "guest"
KEPT = timedelta(days=7)
"""How long a repeated request is recognised."""


def scope_of(actor: Actor) -> str:
    """Keys belong to an account; all guests share one space, so theirs must be random."""
    return str(actor.user.pk) if actor.user else GUEST


def fingerprint(request: dict[str, object]) -> str:
    """SHA-256 over everything that was asked for."""
    text = json.dumps(request, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def earlier_answer(key: str, scope: str, print_: str) -> Reservation | None:
    """The reservation this key already made. Raises ``IdempotencyMismatch`` for another request's key."""
    if not key:
        return None
    found = IdempotencyKey.objects.filter(scope=scope, key=key).select_related("reservation__venue").first()
    if found is None:
        return None
    if found.fingerprint != print_:
        raise IdempotencyMismatch
    return found.reservation


def claim(
    key: str, scope: str, print_: str, *, venue_id: int, now: datetime, reservation_id: UUID | None = None
) -> IdempotencyKey | None:
    """Inserts the key as the transaction's first row; None when another request has done so.

    A request with the same key that is under way at this moment is waited for here. ``reservation_id`` is
    of the row that the transaction will insert; where it is not known yet, ``remember`` says it.
    """
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                venue_id=venue_id,
                scope=scope,
                key=key,
                fingerprint=print_,
                reservation_id=reservation_id,
                created_at=now,
            )
    except IntegrityError:
        return None


def forget_keys(*, now: datetime) -> int:
    """Deletes keys that no client will send again; returns how many."""
    old = now - KEPT
    keys = IdempotencyKey.objects.filter(created_at__lt=old)
    answers = StoredAnswer.objects.filter(created_at__lt=old)
    return keys._raw_delete(keys.db) + answers._raw_delete(answers.db)  # nothing refers to them


def remember(claimed: IdempotencyKey, reservation: Reservation) -> None:
    claimed.reservation = reservation
    claimed.save(update_fields=["reservation"])
