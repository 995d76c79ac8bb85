"""Fixtures of the races."""

import pytest
from django.db import OperationalError

from common import transactions


@pytest.fixture
def circles(monkeypatch: pytest.MonkeyPatch) -> list[OperationalError]:
    """Fills with whatever made a transaction start again: on PostgreSQL, deadlocks."""
    found: list[OperationalError] = []
    judge = transactions.is_transient

    def noted(error: OperationalError) -> bool:
        found.append(error)
        return judge(error)

    monkeypatch.setattr(transactions, "is_transient", noted)
    return found
