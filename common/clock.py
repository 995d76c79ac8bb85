"""The one place that asks what time it is; everything pure gets ``now`` as an argument."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache


def now() -> datetime:
    return datetime.now(tz=UTC)


def instant_text(at: datetime) -> str:
    """``2027-03-28T14:30:00+02:00``: the one form in which programs are told instants."""
    return at.isoformat(timespec="seconds")


def second_text(second: int, zone: tzinfo) -> str:
    """The same of a second since 1970 on a zone's clock."""
    return _quarter_hour_text(second, zone) if second % 900 == 0 else _read_clock(second, zone)


def _read_clock(second: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(second, zone).isoformat()


# Opening hours and bookings come back to the same few thousand instants again and again.
_quarter_hour_text = lru_cache(maxsize=16_384)(_read_clock)


def epoch_seconds(at: datetime) -> int:
    return int(at.timestamp())


def epoch_minute(at: datetime) -> int:
    """Whole UTC minutes since 1970, rounded down."""
    return int(at.timestamp()) // 60
