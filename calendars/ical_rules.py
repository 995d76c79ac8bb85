"""Recurrence rules of other people's events, as local times."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta

from dateutil.rrule import rrulestr

from calendars.ical_times import DAY, FAR, LATEST, Clock, Moment, to_local

STEPS = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": DAY,
    "WEEKLY": 7 * DAY,
}
"""Periods of one length: a rule can begin any number of them later."""
GREGORIAN_CYCLE = timedelta(days=146_097)
"""400 years, after which dates fall on the same weekdays again."""
AHEAD = timedelta(days=3 * 366)
"""More than is ever asked for."""
IGNORED = ("RSCALE", "SKIP", "X-")


def list_times(rule: str, start: Moment, clock: Clock, *, after: datetime) -> Iterator[datetime]:
    """The local times of ``rule`` from ``after`` on, in order, perhaps for ever.

    Raises ``ValueError`` and the like at once for what is no rule.
    """
    parts = _read_parts(rule)
    until = _read_until(parts.pop("UNTIL", ""), start, clock)
    begin = _skip_periods(parts, start.local, after)
    if begin is None:
        return iter(())
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    room = max(after, begin) - begin + AHEAD
    cycles = max((LATEST - room - begin) // GREGORIAN_CYCLE, 0)
    return _step(rrulestr(text, dtstart=begin + cycles * GREGORIAN_CYCLE), cycles, after, until)


def ends_before_start(rule: str, start: Moment, clock: Clock) -> bool:
    """How some programs write a series that was deleted."""
    return _read_until(_read_parts(rule).get("UNTIL", ""), start, clock) < start.local


def _step(times: Iterable[datetime], cycles: int, after: datetime, until: datetime) -> Iterator[datetime]:
    """Counted whole cycles later: dateutil follows rules that never come true to the year 9999."""
    for later in times:
        at = later - cycles * GREGORIAN_CYCLE
        if at > until:
            return
        if at >= after:
            yield at


def _read_parts(rule: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in "".join(rule.split()).upper().split(";") if part]
    parts = {name: value for name, _equals, value in pairs if not name.startswith(IGNORED)}
    if int(parts.get("INTERVAL", "1")) < 1 or int(parts.get("COUNT", "1")) < 1 or "FREQ" not in parts:
        raise ValueError(rule)
    return parts


def _read_until(text: str, start: Moment, clock: Clock) -> datetime:
    """The last local time there may be; the later one where its type is another than that of ``start``."""
    if not text:
        return LATEST
    until = clock.read_text(text, {})
    if until.local.year > FAR:
        return LATEST
    if until.is_date:
        return datetime.combine(until.local, time.max)
    local = until.local if until.is_floating else to_local(until.second, start.zone)
    if start.is_date:
        return datetime.combine(max(local, until.local), time.max)
    return local


def _skip_periods(parts: dict[str, str], start: datetime, after: datetime) -> datetime | None:
    """A later begin with the same times from ``after`` on; None when COUNT ends before. Lowers COUNT."""
    step = STEPS.get(parts["FREQ"])
    if step is None or after <= start:
        return start
    periods = (after - start) // (step * int(parts.get("INTERVAL", "1")))
    if "COUNT" in parts:
        if _picks_times(parts):
            return start
        left = int(parts["COUNT"]) - periods
        if left < 1:
            return None
        parts["COUNT"] = str(left)
    return start + periods * step * int(parts.get("INTERVAL", "1"))


def _picks_times(parts: Mapping[str, str]) -> bool:
    """Whether a period can have none of its times, or several."""
    return any(name.startswith("BY") for name in parts)
