"""The one place that asks what time it is; everything pure gets ``now`` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(tz=UTC)


def epoch_seconds(at: datetime) -> int:
    return int(at.timestamp())


def epoch_minute(at: datetime) -> int:
    """Whole UTC minutes since 1970, rounded down."""
    return int(at.timestamp()) // 60
