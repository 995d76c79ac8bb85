"""How far long work has come, for whoever started it."""

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

from django.core.cache import cache

T_co = TypeVar("T_co", covariant=True)
# In the cache: what a transaction writes is seen by nobody before it ends.
KEPT_SECONDS = 3600
_current: ContextVar[str] = ContextVar("progress", default="")


# Something of known length.
class Counted(Sized, Iterable[T_co], Protocol[T_co]):
    pass


@contextmanager
def record_progress(name: str) -> Iterator[None]:
    """Within it, ``track_progress`` records under ``name``."""
    token = _current.set(name)
    try:
        yield
    finally:
        _current.reset(token)


def track_progress(items: Counted[T_co]) -> Iterator[T_co]:
    """Go through ``things`` and record how many are done."""
    name, total = _current.get(), len(items)
    for done, item in enumerate(items):
        if name:
            cache.set(f"progress:{name}", (done, total), KEPT_SECONDS)
        yield item


def read_progress(name: str) -> tuple[int, int] | None:
    """Steps done and steps in total, if known."""
    progress: tuple[int, int] | None = cache.get(f"progress:{name}")
    return progress
