"""What workers run."""

from uuid import UUID

from celery import shared_task

from common import clock
from common.ticking import run_parts


@shared_task
def tick() -> dict[str, int]:
    """Does what is due by itself. Safe to repeat, and to run twice at once."""
    done, failed = run_parts(clock.now())
    return {name: count for name, count in done.items() if count} | ({"failed": failed} if failed else {})


@shared_task
def run_job(job_id: str) -> bool:
    from common.jobs import carry_out

    return carry_out(UUID(job_id))
