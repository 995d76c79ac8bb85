"""When external calendars are looked at."""

from calendars.services import fetch_due
from common.lanes import Lane
from common.periodic import register_job


def register() -> None:
    register_job("calendars.fetch", fetch_due, lane=Lane.NETWORK)
