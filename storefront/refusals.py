"""What stands in the way of several times at once, as pages say it."""

from datetime import date, datetime
from typing import NamedTuple

from common.errors import DomainError


class Refusal(NamedTuple):
    """``when`` is an instant on the venue's wall clock, or a date that has no such time."""

    name: str
    when: datetime | None
    on: date | None
    message: str


def list_refusals(problem: DomainError | None) -> list[Refusal]:
    """Each of ``extra["refused"]``; none for any other problem."""
    found = problem.extra.get("refused", []) if problem else []
    return [
        Refusal(
            each.get("resources", ""),
            datetime.fromisoformat(each["start"]) if each.get("start") else None,
            date.fromisoformat(each["date"]) if each.get("date") else None,
            each["message"],
        )
        for each in found
    ]
