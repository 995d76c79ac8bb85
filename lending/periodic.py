from common.periodic import register_job
from lending import services
from lending.messages import reminders

MINUTE, HOUR = 60, 3600


def register() -> None:
    register_job("lending.end_leases", services.end_leases)
    register_job("lending.expire_requests", services.expire_requests)
    register_job("lending.begin_dated", services.begin_dated)
    register_job("lending.watch_overdue", services.watch_overdue)
    register_job("lending.warn_of_clashes", services.warn_of_clashes)
    register_job("lending.drop_inactive", services.drop_inactive)
    register_job("lending.roll_on", services.roll_on_loans, every=HOUR)
    register_job(reminders.JOB, reminders.remind, every=MINUTE)
    register_job(
        "lending.tell_overdue",
        reminders.tell_overdue,
        every=10 * MINUTE,
        venues=reminders.list_overdue_venues,
    )
    # Last: what the others free is given by then, and this finds what nobody told of.
    register_job("lending.serve_queues", services.serve_queues)
