"""The one place that asks what time it is; everything pure gets ``now`` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(tz=UTC)


def instant_text(at: datetime) -> str:
    """``2027-03-28T14:30:00+02:00``: the one form in which programs are told instants."""
    return at.isoformat(timespec="seconds")


def epoch_seconds(at: datetime) -> int:
    return int(at.timestamp())


def epoch_minute(at: datetime) -> int:
    """Whole UTC minutes since 1970, rounded down."""
    return int(at.timestamp()) // 60
