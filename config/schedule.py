from datetime import UTC, datetime

from celery import beat

from common.periodic import build_schedule

# As if every job had last run then: what fell due while nothing ran is done at the start.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Scheduler(beat.Scheduler):
    """Plans the registered jobs and keeps no file."""

    def setup_schedule(self) -> None:
        for name, entry in build_schedule().items():
            self.add(**entry, name=name, last_run_at=LONG_AGO)
