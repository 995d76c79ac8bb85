from common.lanes import Lane
from common.periodic import register_job
from payments.services import settle_payments
from payments.services.looking_up import JOB


def register() -> None:
    register_job(JOB, settle_payments, lane=Lane.NETWORK)
