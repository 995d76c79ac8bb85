"""How far long work has come; whoever does it says so, whoever started it can look.

Kept in the cache: what a transaction writes is seen by nobody before it ends.
"""

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

from django.core.cache import cache

T_co = TypeVar("T_co", covariant=True)
KEPT_SECONDS = 3600
_current: ContextVar[str] = ContextVar("progress", default="")


class Counted(Sized, Iterable[T_co], Protocol[T_co]):
    """Something of known length."""


@contextmanager
def recorded(name: str) -> Iterator[None]:
    """What is done inside is recorded under ``name``."""
    token = _current.set(name)
    try:
        yield
    finally:
        _current.reset(token)


def tracked(things: Counted[T_co]) -> Iterator[T_co]:
    """Goes through ``things`` and records how many are done; outside ``recorded`` it only goes through."""
    name, total = _current.get(), len(things)
    for done, thing in enumerate(things):
        if name:
            cache.set(f"progress:{name}", (done, total), KEPT_SECONDS)
        yield thing


def known(name: str) -> tuple[int, int] | None:
    """Steps done and steps altogether, if anything is known."""
    found: tuple[int, int] | None = cache.get(f"progress:{name}")
    return found
