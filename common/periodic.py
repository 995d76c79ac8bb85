"""Periodic jobs by name, each a task with a schedule of its own; apps register theirs in ``ready()``.

Every job is safe to repeat and to run twice at once.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import Task
from django.conf import settings
from django.core.cache import cache

from common import clock
from common.background import Queue, enqueue
from common.lanes import Lane, task_in
from common.models import SweepFailure
from common.registry import Registry
from common.sweeping import Sweep

logger = logging.getLogger(__name__)
QUEUED_SECONDS = 300
"""After so long a venue's queued task is taken for lost."""


@dataclass(frozen=True)
class PeriodicJob:
    name: str
    run: Callable[..., int]
    lane: Lane
    every: int | None
    venues: Callable[[], Iterable[int]] | None

    @property
    def seconds(self) -> int:
        return self.every or settings.TICK_SECONDS

    @property
    def task_name(self) -> str:
        return f"periodic.{self.name}"

    def perform(self, now: datetime) -> int:
        """Run in this process, each venue by itself; returns how many rows were handled."""
        if self.venues is None:
            return self.run(now=now)
        sweep = Sweep(self.name, now=now)
        return sum(self._for_venue(sweep, venue_id, now) for venue_id in sweep.in_turn(list(self.venues())))

    def perform_for(self, venue_id: int, now: datetime) -> int:
        cache.delete(self._mark(venue_id))
        sweep = Sweep(self.name, now=now)
        return sum(self._for_venue(sweep, venue_id_due, now) for venue_id_due in sweep.in_turn([venue_id]))

    def _for_venue(self, sweep: Sweep, venue_id: int, now: datetime) -> int:
        return sweep.attempt(venue_id, lambda id: self.run(now=now, venue_id=id)) or 0

    def fan_out(self, task: "Task[..., Any]") -> int:
        """Queue one task for each venue that has work; returns how many."""
        return sum(self._queue(task, venue_id) for venue_id in (self.venues or list)())

    def _queue(self, task: "Task[..., Any]", venue_id: int) -> bool:
        # A venue whose task is still in the queue needs no second one; the mark runs out by itself if that
        # task was lost.
        if not cache.add(self._mark(venue_id), True, QUEUED_SECONDS):
            return False
        if enqueue(task, venue_id):
            return True
        cache.delete(self._mark(venue_id))
        return False

    def _mark(self, venue_id: int) -> str:
        return f"{self.task_name}:{venue_id}"


jobs: Registry[PeriodicJob] = Registry("periodic jobs")


def register_job(
    name: str,
    run: Callable[..., int],
    *,
    lane: Lane = Lane.DEFAULT,
    every: int | None = None,
    venues: Callable[[], Iterable[int]] | None = None,
) -> None:
    """``run(now=…)`` does what is due and returns how many rows that were, every ``every`` seconds.

    Without ``every``, every ``TICK_SECONDS``. With ``venues`` it is ``run(now=…, venue_id=…)``, as a task of
    its own for each venue they name.
    """
    job = PeriodicJob(name, run, lane, every, venues)
    jobs.register(name, job)

    @task_in(lane, name=job.task_name)
    def perform(venue_id: int | None = None) -> int:
        if venue_id is not None:
            return job.perform_for(venue_id, clock.now())
        if job.venues is not None and Queue.is_served():
            return job.fan_out(perform)
        return job.perform(clock.now())


def build_schedule() -> dict[str, dict[str, Any]]:
    # What is not begun before it is due again is dropped: the next run does it.
    return {
        job.name: {"task": job.task_name, "schedule": job.seconds, "options": {"expires": job.seconds}}
        for job in jobs
    }


@dataclass
class JobsReport:
    """``done``: rows by job; ``failed``: jobs that failed as a whole; ``waiting``: rows to retry."""

    done: dict[str, int]
    failed: list[str]
    waiting: int


def _in_turn() -> list[PeriodicJob]:
    # The network's jobs last: a silent server then delays nothing but its own lane. Of them the lowest rooms'
    # come last: they send what is written above.
    slow = [job for job in reversed(jobs) if job.lane not in (Lane.DEFAULT, Lane.LONG)]
    return [job for lane in (Lane.DEFAULT, Lane.LONG) for job in jobs if job.lane == lane] + slow


def run_all_jobs(now: datetime) -> JobsReport:
    """Run every job once; a failure stops no other job."""
    report = JobsReport({}, [], 0)
    for job in _in_turn():
        try:
            report.done[job.name] = job.perform(now)
        except Exception:
            report.failed.append(job.name)
            logger.exception("The job %s failed; it is tried again next time.", job.name)
    report.waiting = SweepFailure.objects.count()
    return report
