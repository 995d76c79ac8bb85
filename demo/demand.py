"""A file of real stays: who booked what, when, and how it ended (tests/data/README.md)."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from statistics import mean

COLUMNS = (
    "booked_on",
    "arrival_on",
    "nights",
    "party",
    "room_type",
    "outcome",
    "ended_on",
    "nightly_rate_eur",
)
OUTCOMES = ("stayed", "cancelled", "no_show")
UNITS = {"A": 200, "D": 45, "E": 20, "F": 9, "B": 7, "C": 6, "G": 6, "H": 4, "L": 1}
"""Rooms of each type: a little fewer than were in use at the busiest time, so that some are refused."""


class UnusableDemand(ValueError):
    """The file or the number of rooms makes no sense; the text says where."""


@dataclass(frozen=True, slots=True)
class Stay:
    """``ended_on`` is when it was cancelled; None for those that came or should have come."""

    booked_on: date
    arrival_on: date
    nights: int
    party: int
    room_type: str
    outcome: str
    ended_on: date | None
    nightly_rate: float


def read_stays(path: Path, limit: int | None = None) -> list[Stay]:
    """In the order in which they were booked. Raises ``UnusableDemand``."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            absent = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if absent:
                raise UnusableDemand(f"{path.name} lacks the columns {', '.join(absent)}.")
            stays = [_parse_stay(row, line) for line, row in enumerate(islice(rows, limit), start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnusableDemand(f"{path.name} cannot be read: {error}") from error
    if not stays:
        raise UnusableDemand(f"{path.name} contains no stays.")
    return sorted(stays, key=lambda stay: stay.booked_on)


def _parse_stay(row: Mapping[str, str | None], line: int) -> Stay:
    value = {name: row[name] or "" for name in COLUMNS}
    try:
        stay = Stay(
            booked_on=date.fromisoformat(value["booked_on"]),
            arrival_on=date.fromisoformat(value["arrival_on"]),
            nights=int(value["nights"]),
            party=int(value["party"]),
            room_type=value["room_type"],
            outcome=value["outcome"],
            ended_on=date.fromisoformat(value["ended_on"]) if value["ended_on"] else None,
            nightly_rate=float(value["nightly_rate_eur"]),
        )
    except ValueError as error:
        raise UnusableDemand(f"Line {line}: {error}.") from error
    if problem := _find_problem(stay):
        raise UnusableDemand(f"Line {line}: {problem}.")
    return stay


def _find_problem(stay: Stay) -> str | None:
    if stay.nights < 1 or stay.party < 1:
        return "a stay has at least one night and one guest"
    if stay.arrival_on < stay.booked_on:
        return "the arrival is before the booking"
    if stay.outcome not in OUTCOMES:
        return f"the outcome {stay.outcome!r} is none of {', '.join(OUTCOMES)}"
    if stay.outcome == "cancelled" and stay.ended_on is None:
        return "a cancelled stay has a date in ended_on"
    return None if stay.room_type.isalnum() else "the room type is not a letter"


def parse_units(text: str, stays: Iterable[Stay]) -> dict[str, int]:
    """Rooms of every type that occurs, from ``A=200,D=45`` over ``UNITS``. Raises ``UnusableDemand``."""
    units = dict(UNITS)
    for part in filter(None, text.split(",")):
        name, _, number = part.strip().partition("=")
        if not (name.isalnum() and number.isdecimal()):
            raise UnusableDemand(f"{part.strip()!r} is not of the form A=200.")
        units[name] = int(number)
    present = sorted({stay.room_type for stay in stays})
    if unknown := [name for name in present if name not in units]:
        raise UnusableDemand(f"How many rooms are there of type {', '.join(unknown)}? Name them in --units.")
    return {name: units[name] for name in present}


def average_rates(stays: Iterable[Stay]) -> dict[str, float]:
    rates: dict[str, list[float]] = {}
    for stay in stays:
        rates.setdefault(stay.room_type, []).append(max(stay.nightly_rate, 0))
    return {room_type: mean(nightly_rates) for room_type, nightly_rates in rates.items()}


def move_ahead(stays: Sequence[Stay], today: date) -> list[Stay]:
    """The same demand from tomorrow on, weekday for weekday: waitlist offers need a future."""
    days = (today - min(stay.booked_on for stay in stays)).days
    ahead = timedelta(weeks=days // 7 + 1) if days >= 0 else timedelta(0)
    return [
        replace(
            stay,
            booked_on=stay.booked_on + ahead,
            arrival_on=stay.arrival_on + ahead,
            ended_on=stay.ended_on and stay.ended_on + ahead,
        )
        for stay in stays
    ]
