"""How far somebody has read: the last id, and the smaller ones that were not there yet.

Ids are given when a row is written and become visible when its transaction commits, so a smaller id may
turn up after a larger one. A gap is remembered until it is filled or too old to be.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LONGEST_TRANSACTION = timedelta(minutes=5)
"""After this a gap is no transaction under way, but one that was undone."""
MOST_GAPS = 1000
MOST_GAPS_TOLD = 40
LARGEST_ID = 2**63 - 1
_TEXT = re.compile(rf"[0-9]{{1,19}}(\.[0-9]{{1,19}}){{0,{MOST_GAPS_TOLD}}}")


@dataclass
class Position:
    """``gaps``: id -> when it was noticed."""

    last: int = 0
    gaps: dict[int, datetime] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, now: datetime) -> "Position | None":
        """From what ``str`` made; None for anything else."""
        if not _TEXT.fullmatch(text):
            return None
        last, *gaps = (int(each) for each in text.split("."))
        if last > LARGEST_ID or any(each >= last for each in gaps):
            return None
        return cls(last, dict.fromkeys(sorted(gaps), now))

    def __str__(self) -> str:
        """``last.gap.gap``; with too many gaps from before the first: some is told twice, nothing lost."""
        if len(self.gaps) > MOST_GAPS_TOLD:
            return str(min(self.gaps) - 1)
        return ".".join(str(each) for each in (self.last, *self.gaps))

    def copy(self) -> "Position":
        return Position(self.last, dict(self.gaps))

    def has(self, id: int) -> bool:
        return id <= self.last and id not in self.gaps

    def take(self, id: int, at: datetime) -> None:
        """Notes that this row was read, ``at`` when it was written."""
        if id <= self.last:
            self.gaps.pop(id, None)
            return
        missing = range(max(self.last + 1, id - MOST_GAPS), id) if self.last else range(0)
        self.gaps |= dict.fromkeys(missing, at)
        self.last = id

    def forget_gaps(self, now: datetime) -> None:
        """Drops those that will not be filled any more."""
        kept = {id: at for id, at in self.gaps.items() if at > now - LONGEST_TRANSACTION}
        self.gaps = dict(sorted(kept.items())[-MOST_GAPS:])
