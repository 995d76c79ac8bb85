from datetime import date, datetime
from typing import NamedTuple

from common.errors import DomainError


class Refusal(NamedTuple):
    """``when`` is on the venue's wall clock; ``on`` is a date that has no such time."""

    name: str
    when: datetime | None
    on: date | None
    message: str


def list_refusals(problem: DomainError | None) -> list[Refusal]:
    refused = problem.extra.get("refused", []) if problem else []
    return [
        Refusal(
            item.get("resources", ""),
            datetime.fromisoformat(item["start"]) if item.get("start") else None,
            date.fromisoformat(item["date"]) if item.get("date") else None,
            item["message"],
        )
        for item in refused
    ]
