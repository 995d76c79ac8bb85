"""What of an external calendar can be blocked, and which block becomes which. Pure; UTC minutes."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from calendars.reading import Found
from scheduling.spans import Span, intersect, merge, subtract

K = TypeVar("K", bound=Hashable)
MOST_UIDS = 50
SUMMARIES = " · "


@dataclass(frozen=True, slots=True)
class Piece:
    """A span with the events that fill it."""

    start: int
    end: int
    uids: tuple[str, ...]
    summary: str

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Wanted:
    """``free`` can be blocked; ``taken`` is booked here already; ``covered`` another calendar blocks."""

    free: list[Piece]
    taken: list[Piece]
    covered: list[Piece]


def wanted(found: Sequence[Found], booked: Sequence[Span], blocked: Sequence[Span]) -> Wanted:
    """Overlapping and adjoining events are one span, cut where others have the time."""
    busy = merge((each.start, each.end) for each in found)
    bookings, blocks = merge(booked), merge(blocked)
    taken = intersect(busy, bookings)
    rest = subtract(busy, bookings)
    return Wanted(
        named(subtract(rest, blocks), found), named(taken, found), named(intersect(rest, blocks), found)
    )


def named(spans: Sequence[Span], found: Sequence[Found]) -> list[Piece]:
    """Each span with the events that overlap it; both sorted, one sweep."""
    pieces, first = [], 0
    ordered = sorted(found)
    longest = max((each.end - each.start for each in ordered), default=0)
    for start, end in spans:
        while first < len(ordered) and ordered[first].start < start - longest:
            first += 1
        inside = _overlapping(ordered, first, start, end)
        uids = tuple(sorted({each.uid for each in inside}))[:MOST_UIDS]
        summaries = dict.fromkeys(each.summary for each in inside if each.summary)
        pieces.append(Piece(start, end, uids, SUMMARIES.join(summaries)[:200]))
    return pieces


def _overlapping(ordered: Sequence[Found], first: int, start: int, end: int) -> list[Found]:
    found = []
    for each in ordered[first:]:
        if each.start >= end:
            break
        if each.end > start:
            found.append(each)
    return found


@dataclass(slots=True)
class Plan(Generic[K]):
    """What to do to the blocks there are: keep them, move them (others make room first), drop or add."""

    kept: dict[K, Piece] = field(default_factory=dict)
    moved: dict[K, Piece] = field(default_factory=dict)
    dropped: list[K] = field(default_factory=list)
    added: list[Piece] = field(default_factory=list)


def plan(present: Mapping[K, tuple[Span, Sequence[str]]], pieces: Sequence[Piece]) -> Plan[K]:
    """``present``: blocks by key, with their spans and events. A block becomes the piece of the same span,
    else one that shares an event with it."""
    made: Plan[K] = Plan()
    exact = {piece.span: piece for piece in pieces}
    left = dict(present)
    for key, (span, _uids) in present.items():
        if span in exact:
            made.kept[key] = exact.pop(span)
            del left[key]
    open_pieces = list(exact.values())
    by_uid = {uid: key for key, (_span, uids) in left.items() for uid in uids}
    for piece in open_pieces:
        block = next((by_uid[uid] for uid in piece.uids if by_uid.get(uid) in left), None)
        if block is None:
            made.added.append(piece)
        else:
            made.moved[block] = piece
            del left[block]
    made.dropped = list(left)
    return made
