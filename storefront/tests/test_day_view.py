"""What of a day's times is shown at once."""

from decimal import Decimal

import pytest

from scheduling.reasons import Reason
from search.slots import SlotView
from storefront.place.day_view import PartOfDay
from tests.factories import at

pytestmark = pytest.mark.once


def part_of(*reasons: str) -> PartOfDay:
    return PartOfDay(
        "morning",
        tuple(
            SlotView(at(3, hour), at(3, hour + 1), 1, Decimal(0), "EUR", reason)
            for hour, reason in enumerate(reasons, start=8)
        ),
    )


def test_many_taken_times_are_folded_and_what_is_held_stays() -> None:
    part = part_of("", Reason.TAKEN, Reason.CAPACITY, Reason.HELD, Reason.PART_TAKEN, Reason.TOO_SOON)

    assert [slot.reason for slot in part.shown] == ["", Reason.HELD, Reason.TOO_SOON]
    assert len(part.taken) == 3


def test_a_few_taken_times_stay_where_they_are() -> None:
    part = part_of("", Reason.TAKEN, Reason.TAKEN, "")

    assert [slot.reason for slot in part.shown] == ["", Reason.TAKEN, Reason.TAKEN, ""]
    assert part.taken == []
