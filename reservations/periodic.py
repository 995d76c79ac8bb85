from common.periodic import register_job
from reservations import services
from reservations.messages.reminders import schedule_reminders


def register() -> None:
    register_job("reservations.write_reminders", schedule_reminders)
    register_job("reservations.expire_holds", services.expire_overdue_holds)
    register_job("reservations.release_no_shows", services.release_no_shows)
    register_job("reservations.expire_unpaid", services.expire_unpaid)
