"""Which spans of an external calendar can be blocked, and which block becomes which. Pure; UTC minutes."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from calendars.ical_reading import BusySpan
from scheduling.spans import Span, intersect, merge, subtract

K = TypeVar("K", bound=Hashable)
MOST_UIDS = 50
SUMMARIES = " · "


@dataclass(frozen=True, slots=True)
class Piece:
    start: int
    end: int
    uids: tuple[str, ...]
    summary: str

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class BlockablePieces:
    """``free`` can be blocked, ``taken`` is booked here already, ``covered`` another calendar blocks."""

    free: list[Piece]
    taken: list[Piece]
    covered: list[Piece]


def find_blockable(
    events: Sequence[BusySpan], booked: Sequence[Span], blocked: Sequence[Span]
) -> BlockablePieces:
    busy = merge((event.start, event.end) for event in events)
    bookings, blocks = merge(booked), merge(blocked)
    taken = intersect(busy, bookings)
    rest = subtract(busy, bookings)
    return BlockablePieces(
        fill_spans(subtract(rest, blocks), events),
        fill_spans(taken, events),
        fill_spans(intersect(rest, blocks), events),
    )


def fill_spans(spans: Sequence[Span], events: Sequence[BusySpan]) -> list[Piece]:
    """Each span with the events that overlap it, in one sweep over both."""
    pieces, first = [], 0
    ordered = sorted(events)
    longest = max((event.end - event.start for event in ordered), default=0)
    for start, end in spans:
        while first < len(ordered) and ordered[first].start < start - longest:
            first += 1
        inside = _overlapping(ordered, first, start, end)
        uids = tuple(sorted({event.uid for event in inside}))[:MOST_UIDS]
        summaries = dict.fromkeys(event.summary for event in inside if event.summary)
        pieces.append(Piece(start, end, uids, SUMMARIES.join(summaries)[:200]))
    return pieces


def _overlapping(ordered: Sequence[BusySpan], first: int, start: int, end: int) -> list[BusySpan]:
    overlapping = []
    for event in ordered[first:]:
        if event.start >= end:
            break
        if event.end > start:
            overlapping.append(event)
    return overlapping


@dataclass(slots=True)
class BlockPlan(Generic[K]):
    """Blocks to keep, to move (once others have made room), to drop and to add."""

    kept: dict[K, Piece] = field(default_factory=dict)
    moved: dict[K, Piece] = field(default_factory=dict)
    dropped: list[K] = field(default_factory=list)
    added: list[Piece] = field(default_factory=list)


def plan_blocks(present: Mapping[K, tuple[Span, Sequence[str]]], pieces: Sequence[Piece]) -> BlockPlan[K]:
    """A block becomes the piece with the same span, else one that shares an event with it."""
    changes: BlockPlan[K] = BlockPlan()
    piece_by_span = {piece.span: piece for piece in pieces}
    unmatched = dict(present)
    # Exact spans first, so that an unchanged block never moves to make room for a changed one.
    for key, (span, _uids) in present.items():
        if span in piece_by_span:
            changes.kept[key] = piece_by_span.pop(span)
            del unmatched[key]
    new_pieces = list(piece_by_span.values())
    by_uid = {uid: key for key, (_span, uids) in unmatched.items() for uid in uids}
    for piece in new_pieces:
        block = next((by_uid[uid] for uid in piece.uids if by_uid.get(uid) in unmatched), None)
        if block is None:
            changes.added.append(piece)
        else:
            changes.moved[block] = piece
            del unmatched[block]
    changes.dropped = list(unmatched)
    return changes
