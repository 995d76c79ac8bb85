from classes.messages import reminders
from classes.services import sweeping
from common.periodic import register_job

MINUTE, HOUR = 60, 3600


def register() -> None:
    register_job("classes.complete_sessions", sweeping.complete_sessions, every=MINUTE)
    register_job("classes.check_minimum", sweeping.check_minimum, every=5 * MINUTE)
    register_job("classes.close_waitlists", sweeping.close_waitlists, every=MINUTE)
    register_job("classes.end_other_waits", sweeping.end_other_waits, every=5 * MINUTE)
    register_job("classes.remind_of_instalments", sweeping.remind_of_instalments, every=HOUR)
    register_job(
        "classes.tell_of_tomorrow",
        reminders.tell_of_tomorrow,
        every=10 * MINUTE,
        venues=reminders.list_venues_tomorrow,
    )
    register_job("classes.warn_of_passes", sweeping.warn_of_passes, every=HOUR)
