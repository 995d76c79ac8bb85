from uuid import UUID

from common.lanes import Lane, task_in


@task_in(Lane.LONG)
def run_job(job_id: str) -> bool:
    from common.jobs import carry_out_job

    return carry_out_job(UUID(job_id))
