"""How far somebody has read: the last id, and smaller ones that were not there yet."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LONGEST_TRANSACTION = timedelta(minutes=5)
"""A gap older than this belongs to a transaction that was undone."""
MOST_GAPS = 1000
MOST_GAPS_TOLD = 40
LARGEST_ID = 2**63 - 1
_TEXT = re.compile(rf"[0-9]{{1,19}}(\.[0-9]{{1,19}}){{0,{MOST_GAPS_TOLD}}}")


@dataclass
# Ids are given when a row is written and become visible when its transaction commits, so a smaller id may
# appear after a larger one. A gap is remembered until it is filled or too old to be.
class Position:
    """``gaps``: id -> when it was noticed."""

    last: int = 0
    gaps: dict[int, datetime] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, now: datetime) -> "Position | None":
        """Reads what ``str`` gives; None for anything else."""
        if not _TEXT.fullmatch(text):
            return None
        last, *gaps = (int(gap) for gap in text.split("."))
        if last > LARGEST_ID or any(gap >= last for gap in gaps):
            return None
        return cls(last, dict.fromkeys(sorted(gaps), now))

    def __str__(self) -> str:
        """``last.gap.gap``."""
        # With too many gaps, a position before the first: some changes are told twice, none is lost.
        if len(self.gaps) > MOST_GAPS_TOLD:
            return str(min(self.gaps) - 1)
        return ".".join(str(number) for number in (self.last, *self.gaps))

    def copy(self) -> "Position":
        return Position(self.last, dict(self.gaps))

    def has(self, id: int) -> bool:
        return id <= self.last and id not in self.gaps

    def take(self, id: int, at: datetime) -> None:
        """Note that this row, written at ``at``, was read."""
        if id <= self.last:
            self.gaps.pop(id, None)
            return
        missing = range(max(self.last + 1, id - MOST_GAPS), id) if self.last else range(0)
        self.gaps |= dict.fromkeys(missing, at)
        self.last = id

    def forget_gaps(self, now: datetime) -> None:
        kept = {id: at for id, at in self.gaps.items() if at > now - LONGEST_TRANSACTION}
        self.gaps = dict(sorted(kept.items())[-MOST_GAPS:])
