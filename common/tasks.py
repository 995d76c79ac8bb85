"""What workers run."""

from uuid import UUID

from common.lanes import Lane, task_in


@task_in(Lane.LONG)
def run_job(job_id: str) -> bool:
    from common.jobs import carry_out

    return carry_out(UUID(job_id))
