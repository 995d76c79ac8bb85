"""What people choose with a seat, beside what every booking says; and who is moving a session.

Bookings go through the kernel's doors, which know nothing of tiers and passes: the product's own
services say so around them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SeatChoice:
    """``amount``: what these seats cost as a part of something larger."""

    tier_id: int | None = None
    pass_id: int | None = None
    pays_plan: bool = False
    notes: str = ""
    amount: Decimal | None = None


NO_CHOICE = SeatChoice()
_choice: ContextVar[SeatChoice] = ContextVar("seat choice", default=NO_CHOICE)
_seen: ContextVar[object] = ContextVar("session just read", default=None)
_is_own: ContextVar[bool] = ContextVar("session's own change", default=False)


def current_choice() -> SeatChoice:
    return _choice.get()


def is_own_change() -> bool:
    """Seats move because their session does, whose row is locked: nothing else of them changes."""
    return _is_own.get()


def seen_session() -> object:
    """What the caller has just read of the session, for the look before the locks."""
    return _seen.get()


@contextmanager
def choosing(choice: SeatChoice, session: object = None) -> Iterator[None]:
    tokens = _choice.set(choice), _seen.set(session)
    try:
        yield
    finally:
        _choice.reset(tokens[0])
        _seen.reset(tokens[1])


@contextmanager
def moving_seats() -> Iterator[None]:
    token = _is_own.set(True)
    try:
        yield
    finally:
        _is_own.reset(token)
