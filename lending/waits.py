"""When whoever joins a queue now will be served, for many things at once: a value kept for an hour."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.core.cache import cache
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from common.clock import epoch_minute
from lending.enums import HAVING, Status
from lending.estimating import LEAST_PAST, Ahead, Holder, Line, likely, sure_by
from lending.models import Loan
from lending.policies import HOUR, Terms
from lending.selectors import KEPT_SECONDS, MOST_PAST, Expectation, State
from resources.bookables import Bookable
from scheduling.zones import from_minute


def expect_things(
    things: Collection[Bookable], states: Mapping[int, State], terms: Mapping[int, Terms], now: datetime
) -> dict[int, Expectation]:
    """By thing; what is free and wanted by nobody is left out. Three queries at most, mostly none."""
    hour = int(now.timestamp()) // HOUR
    keys = {
        thing.id: f"lending:wait:{thing.id}:{states[thing.id].out}:{states[thing.id].waiting}:{hour}"
        for thing in things
        if not states[thing.id].free or states[thing.id].waiting
    }
    kept = cache.get_many(keys.values()) if keys else {}
    found = {id: kept[key] for id, key in keys.items() if isinstance(kept.get(key), Expectation)}
    missing = [thing for thing in things if thing.id in keys and thing.id not in found]
    if missing:
        fresh = _expect_all(missing, terms, now)
        cache.set_many({keys[id]: expectation for id, expectation in fresh.items()}, KEPT_SECONDS)
        found |= fresh
    return found


def _expect_all(
    things: Collection[Bookable], terms: Mapping[int, Terms], now: datetime
) -> dict[int, Expectation]:
    ids = [thing.id for thing in things]
    holders, waiting, past = _read_holders(ids), _read_waiting(ids, now), _read_past(ids)
    minute, hour = epoch_minute(now), int(now.timestamp()) // HOUR
    expected = {}
    for thing in things:
        rules, ahead = terms[thing.id], waiting[thing.id]
        periods = [Ahead(rules.period_of(period), units) for period, units in ahead]
        line = Line(thing.limit, holders[thing.id], periods, service_time=rules.service_time)
        sure = sure_by(line, minute)
        open_line = Line(
            thing.limit,
            holders[thing.id],
            [Ahead(None, units) for _period, units in ahead],
            service_time=rules.service_time,
        )
        expected[thing.id] = Expectation(
            len(ahead),
            from_minute(sure) if sure is not None else None,
            likely(open_line, past[thing.id], minute, seed=f"{thing.id}:next:{hour}"),
        )
    return expected


def _read_holders(ids: Collection[int]) -> dict[int, list[Holder]]:
    had = Loan.objects.filter(resource__in=ids, status__in=HAVING)
    had = had.exclude(wanted_from__gt=F("approved_at"), status=Status.APPROVED)
    holders: dict[int, list[Holder]] = defaultdict(list)
    rows = had.order_by().values_list("resource_id", "approved_at", "due_at", "units")
    for resource_id, begin, due, units in rows:
        if begin is not None:
            holder = Holder(epoch_minute(begin), epoch_minute(due) if due else None, units)
            holders[resource_id or 0].append(holder)
    return holders


def _read_waiting(ids: Collection[int], now: datetime) -> dict[int, list[tuple[int | None, int]]]:
    """Without those who have paused."""
    active = Q(suspended_until=None) | Q(suspended_until__lte=now)
    rows = Loan.objects.waiting().filter(active, queue__resource__in=ids).in_arrival_order()
    waiting: dict[int, list[tuple[int | None, int]]] = defaultdict(list)
    for resource_id, period, units in rows.values_list("resource_id", "period", "units"):
        waiting[resource_id or 0].append((period, units))
    return waiting


def _read_past(ids: Collection[int]) -> dict[int, list[int]]:
    """Minutes for which the last loans of each took place, where there are enough of them."""
    over = Loan.objects.filter(resource__in=ids, status=Status.RETURNED, ended_at__isnull=False)
    number = Window(RowNumber(), partition_by="resource_id", order_by=F("ended_at").desc())
    rows = over.order_by().annotate(number=number).filter(number__lte=MOST_PAST)
    past: dict[int, list[int]] = defaultdict(list)
    for resource_id, begin, end in rows.values_list("resource_id", "approved_at", "ended_at"):
        if begin and end:
            past[resource_id or 0].append(max(int((end - begin).total_seconds()) // 60, 1))
    return defaultdict(list, _drop_few(past.items()))


def _drop_few(past: Iterable[tuple[int, list[int]]]) -> dict[int, list[int]]:
    return {id: minutes for id, minutes in past if len(minutes) >= LEAST_PAST}
