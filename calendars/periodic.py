from calendars.services import fetch_due_calendars
from common.lanes import Lane
from common.periodic import register_job


def register() -> None:
    register_job("calendars.fetch", fetch_due_calendars, lane=Lane.CALENDARS)
