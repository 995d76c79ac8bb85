from common import idempotency, jobs, sweeping
from common.files import storing
from common.lanes import Lane
from common.periodic import register_job


def register() -> None:
    register_job("common.run_jobs", jobs.run_due_jobs, lane=Lane.LONG)
    register_job("common.forget_answers", idempotency.forget_answers, every=600)
    register_job("common.forget_jobs", jobs.forget_finished_jobs, every=600)
    register_job("common.sweep_files", storing.sweep_files, lane=Lane.LONG, every=21_600)
    register_job("common.forget_failures", sweeping.forget_failures, every=600)
