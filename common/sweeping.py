"""Going through rows of which any may be broken."""

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, OperationalError, transaction
from django.db.models import QuerySet

from common.errors import Busy
from common.models import SweepFailure

K = TypeVar("K")
R = TypeVar("R")
logger = logging.getLogger(__name__)
BATCH = 500
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)


class Sweep:
    """One run of a job over the rows that are due; a row that fails is retried later and later."""

    def __init__(self, job: str, *, now: datetime) -> None:
        self._job, self._now = job, now
        self._failures = {failure.key: failure for failure in SweepFailure.objects.filter(job=job)}

    def in_turn(self, keys: Sequence[K]) -> list[K]:
        """Without those whose next try is still to come; those that failed before come last."""
        fresh = [key for key in keys if str(key) not in self._failures]
        return fresh + [key for key in keys if self._is_turn(key)]

    def first(self, keys: "QuerySet[Any, K]", limit: int) -> list[K]:
        """As ``in_turn``, of the first ``limit`` keys."""
        # Read as many more as have failed: broken rows must not take the place of whole ones.
        return self.in_turn(list(keys[: limit + len(self._failures)]))

    def failed_before(self) -> list[str]:
        """The keys whose next try is due."""
        return [key for key in self._failures if self._is_turn(key)]

    def _is_turn(self, key: object) -> bool:
        failure = self._failures.get(str(key))
        return failure is not None and failure.retry_at <= self._now

    def attempt(self, key: K, deal_with: Callable[[K], R], *, savepoint: bool = True) -> R | None:
        """Call ``deal_with`` and return its answer; None when it failed, which is logged and counted.

        Within a transaction it gets a savepoint unless ``savepoint`` is False.
        """
        inside = transaction.get_connection().in_atomic_block
        try:
            with transaction.atomic() if inside and savepoint else nullcontext():
                result = deal_with(key)
        except DatabaseError as error:
            if inside and (not savepoint or isinstance(error, OperationalError)):
                # The whole transaction may be lost, so nothing can be noted within it.
                raise
            self._note_failure(str(key))
        except Busy:
            # Others wrote for long: nothing is wrong with the row, and the next run does it.
            logger.warning("%s: row %s has to wait, since others are writing.", self._job, key)
        except Exception:
            self._note_failure(str(key))
        else:
            self._note_success(str(key))
            return result
        return None

    def _note_failure(self, key: str) -> None:
        before = self._failures.get(key)
        attempts = before.attempts + 1 if before else 1
        pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
        logger.exception("%s: row %s failed (attempt %d), next try in %s.", self._job, key, attempts, pause)
        values = {"attempts": attempts, "retry_at": self._now + pause}
        self._failures[key], _is_new = SweepFailure.objects.update_or_create(
            job=self._job, key=key, defaults=values
        )

    def _note_success(self, key: str) -> None:
        failure = self._failures.pop(key, None)
        if failure is not None:
            failure.delete()


def sweep(
    job: str, keys: "QuerySet[Any, K]", deal_with: Callable[[K], object], *, now: datetime, limit: int = BATCH
) -> int:
    """Call ``deal_with`` for about ``limit`` keys; returns for how many it was true."""
    run = Sweep(job, now=now)
    return sum(bool(run.attempt(key, deal_with)) for key in run.first(keys, limit))


def forget_failures(*, now: datetime) -> int:
    old = SweepFailure.objects.filter(retry_at__lt=now - FORGOTTEN_AFTER)
    return old._raw_delete(old.db)
