"""When periodic jobs are queued."""

from datetime import UTC, datetime

from celery import beat

from common.periodic import schedule

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Scheduler(beat.Scheduler):
    """Plans what the apps have registered, beginning now: what fell due meanwhile. Keeps no file."""

    def setup_schedule(self) -> None:
        for name, entry in schedule().items():
            self.add(**entry, name=name, last_run_at=LONG_AGO)
