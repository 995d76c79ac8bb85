"""Every code that a client can meet is known with its status and meaning, served, and in docs/errors.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts import exceptions as account_errors
from common.error_codes import error_codes
from common.errors import DomainError
from common.registry import Registry
from reservations import exceptions as reservation_errors
from resources import selectors
from scheduling.reasons import Reason
from tests.declared_codes import declared_codes
from tests.schema import read_schema

APPS = (
    "common",
    "accounts",
    "resources",
    "payments",
    "reservations",
    "search",
    "waitlist",
    "calendars",
    "notifications",
    "webhooks",
    "live",
    "frontdesk",
    "lending",
    "classes",
)


def subclasses(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def codes() -> dict[str, tuple[int, str]]:
    return {code: (entry.status, entry.meaning) for code, entry in error_codes.items()}


def test_every_reason_is_known() -> None:
    assert {str(reason) for reason in Reason} <= codes().keys()


def test_every_error_class_is_known_with_its_status() -> None:
    assert reservation_errors.SlotTaken in set(subclasses(DomainError))
    assert selectors.ResourceNotFound in set(subclasses(DomainError))
    assert account_errors.MfaRequired in set(subclasses(DomainError))
    for error in subclasses(DomainError):
        assert error.status == codes()[error.code][0], error


def test_every_code_in_the_source_is_known() -> None:
    sources = [
        path
        for app in APPS
        for path in Path(settings.BASE_DIR / app).rglob("*.py")
        if "tests" not in path.parts and "migrations" not in path.parts
    ]
    written = re.compile(r'\bcode="([a-z_]+)"|error_body\(.*?"([a-z_]+)"\)')
    used = {code for path in sources for pair in written.findall(path.read_text()) for code in pair if code}
    assert {"too_late_to_change", "server_error"} <= used
    assert used - codes().keys() == set()


def test_the_document_says_the_same() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\d{3}) \| (.*) \|$",
        Path(settings.BASE_DIR / "docs" / "errors.md").read_text(),
        re.MULTILINE,
    )
    assert len(rows) == len(codes())
    assert {code: (int(status), meaning) for code, status, meaning in rows} == codes()


@pytest.mark.once
@pytest.mark.django_db
def test_they_are_served(client: Client) -> None:
    answer = client.get("/api/errors")
    assert answer.status_code == 200
    told = answer.json()["errors"]
    assert {row["code"]: (row["status"], row["meaning"]) for row in told} == codes()
    assert [row["status"] for row in told] == sorted(row["status"] for row in told)


def test_each_operation_names_its_own() -> None:
    """Tests of what the operations do fail at any code that is not named (``tests.declared_codes``)."""
    booking = declared_codes("/api/reservations", "post")
    assert {(400, "closed"), (409, "taken"), (400, "answer_needed"), (422, "idempotency_mismatch")} <= booking
    assert (401, "mfa_required") in declared_codes("/api/auth/login", "post")
    assert (409, "in_use") in declared_codes("/api/rules/{id}", "delete")
    reading = declared_codes("/api/rules", "get")
    assert {status for status, _code in reading} == {400, 401, 403, 404, 406, 429, 503}
    assert not {"csrf_failed", "taken", "invalid_time", "idempotency_mismatch"} & {
        code for _, code in reading
    }


def test_no_code_stands_with_a_status_of_another() -> None:
    for path, operations in read_schema()["paths"].items():
        for method in operations:
            for status, code in declared_codes(path, method):
                assert codes()[code][0] == status, (path, method)


def test_two_rooms_cannot_mean_two_things_by_one_code() -> None:
    with pytest.raises(Exception, match="two error codes named taken"):
        error_codes.register("taken", error_codes["taken"])
    assert isinstance(error_codes, Registry)
