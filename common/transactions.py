"""Transactions that survive deadlocks, what ends and follows them, and locks by name."""

import hashlib
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import OperationalError, transaction

from common.errors import Busy
from common.sqlite.turns import TurnTimeout

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 5
logger = logging.getLogger(__name__)
_RETRIED_STATES = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available


def is_transient(error: OperationalError) -> bool:
    """Whether running the transaction again may succeed (deadlock, serialization failure, SQLite busy)."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _RETRIED_STATES or "locked" in str(error)


def retried_atomic(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` in a transaction, again after a transient failure; raises ``Busy`` in the end."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        # The outer transaction is lost after a failure, so only whoever began it can retry.
        if transaction.get_connection().in_atomic_block:
            with atomic_change(savepoint=not _take_joining()):
                return function(*args, **kwargs)
        for attempt in range(ATTEMPTS):
            try:
                with atomic_change():
                    return function(*args, **kwargs)
            except TurnTimeout as error:
                raise Busy from error  # it has waited long enough
            except OperationalError as error:
                if not is_transient(error):
                    raise
                # Longer each time, and not the same for all who met in the deadlock.
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
        raise Busy

    return run


class LastStep(Protocol):
    """What a transaction does once, at its end, however often it becomes due."""

    @property
    def key(self) -> tuple[str, int]:
        """Steps with the same key are one; those with smaller keys come first."""

    def join(self, other: Any) -> None:
        """Take over the work of another step with the same key."""

    def run(self) -> None: ...


Steps = dict[tuple[str, int], LastStep]
# The changes that this thread is making, the outermost first.
_changes: ContextVar[tuple[Steps, ...]] = ContextVar("changes", default=())
_joining: ContextVar[list[bool] | None] = ContextVar("joining", default=None)
_readings: ContextVar[dict[Any, Any] | None] = ContextVar("readings", default=None)


def readings_of_change() -> dict[Any, Any] | None:
    """What this thread keeps of what it has read during the change under way; None outside of one."""
    return _readings.get()


@contextmanager
def joining() -> Iterator[None]:
    """The change made in here is part of the one around it, which is undone with it, and saves a savepoint.

    Only the next one: what follows from it has savepoints of its own.
    """
    token = _joining.set([True])
    try:
        yield
    finally:
        _joining.reset(token)


def _take_joining() -> bool:
    waiting = _joining.get()
    return waiting.pop() if waiting else False


@contextmanager
def atomic_change(*, savepoint: bool = True) -> Iterator[Steps]:
    """A transaction or savepoint that ends with its last steps; an inner change leaves them to the outer.

    Without a ``savepoint`` the outer one cannot go on after an error.
    """
    outer, steps = _changes.get(), Steps()
    with transaction.atomic(savepoint=savepoint):
        token = _changes.set((*outer, steps))
        kept = None if outer else _readings.set({})
        try:
            yield steps
            # A step may make others due, also some that come earlier.
            while steps and not outer:
                steps.pop(min(steps)).run()
        finally:
            _changes.reset(token)
            if kept:
                _readings.reset(kept)
    if outer:
        _add(outer[-1], *steps.values())


def run_last(step: LastStep) -> None:
    """Run the step at the end of the change under way, within its transaction; without one, now."""
    changes = _changes.get()
    if changes:
        _add(changes[-1], step)
    else:
        step.run()


def steps_due_last(key: tuple[str, int]) -> list[LastStep]:
    """Steps of this key that have not run yet: whoever reads may need their work now."""
    return [steps[key] for steps in _changes.get() if key in steps]


def _add(steps: Steps, *added: LastStep) -> None:
    for step in added:
        if step.key in steps:
            steps[step.key].join(step)
        else:
            steps[step.key] = step


def after_commit(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call ``function`` once the transaction has committed; outside of one, now. Errors are logged."""

    def run() -> None:
        try:
            function(*args, **kwargs)
        # The change is made: an error must not look like its failure, nor stop what else follows it.
        except Exception:
            logger.exception("%s failed after a commit.", getattr(function, "__qualname__", function))

    transaction.on_commit(run)  # noqa: TID251  (the one place)


@contextmanager
def rehearsal(*, dry_run: bool) -> Iterator[None]:
    """A transaction that is undone at its end if ``dry_run``: the preview is the change itself."""
    with atomic_change() as steps:
        yield
        if dry_run:
            steps.clear()
            transaction.set_rollback(True)


def lock_name(name: str) -> None:
    """Serialize transactions that name the same thing, until commit (PostgreSQL's advisory lock)."""
    connection = transaction.get_connection()
    # SQLite's writers take turns anyway.
    if connection.vendor != "postgresql":
        return
    key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
