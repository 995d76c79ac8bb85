"""docs/errors.md names every code that a client can meet."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from accounts import exceptions as account_errors
from common.errors import DomainError
from reservations import exceptions as reservation_errors
from resources import selectors
from scheduling.reasons import Reason

APPS = (
    "common",
    "accounts",
    "resources",
    "reservations",
    "waitlist",
    "calendars",
    "notifications",
    "webhooks",
    "live",
)


def subclasses(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def documented() -> dict[str, set[int]]:
    """Code -> statuses it is documented with."""
    found: dict[str, set[int]] = {}
    for line in (settings.BASE_DIR / "docs" / "errors.md").read_text().splitlines():
        row = re.match(r"\| (`[^|]+) \| (\d{3}) \|", line)
        for code in re.findall(r"`(\w+)`", row[1]) if row else ():
            found.setdefault(code, set()).add(int(row[2]))  # type: ignore[index]
    return found


def test_every_reason_is_documented() -> None:
    assert {str(reason) for reason in Reason} <= documented().keys()


def test_every_error_class_is_documented_with_its_status() -> None:
    assert reservation_errors.SlotTaken in set(subclasses(DomainError))
    assert selectors.ResourceNotFound in set(subclasses(DomainError))
    assert account_errors.MfaRequired in set(subclasses(DomainError))
    for error in subclasses(DomainError):
        assert error.status in documented()[error.code], error


def test_every_code_in_the_source_is_documented() -> None:
    sources = [
        path
        for app in APPS
        for path in Path(settings.BASE_DIR / app).rglob("*.py")
        if "tests" not in path.parts and "migrations" not in path.parts
    ]
    used = {code for path in sources for code in re.findall(r'\bcode="([a-z_]+)"', path.read_text())}
    assert "too_late_to_change" in used
    assert used - documented().keys() == set()
