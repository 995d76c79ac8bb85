"""Sentences of the pages about sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classes.enums import PlaceKind
from classes.models import Pass, Session, Studio
from classes.policies.windows import Rules
from common.errors import DomainError, InvalidInput
from common.parsing import refuse, resolve_local_time
from common.templatetags.holdfast import clock_after, moment, money, short_date
from resources.bookables import Tier

MOST_LINES = 20
LANES = (PlaceKind.ONLINE, PlaceKind.OFF_SITE)


def name_place(place: Studio) -> str:
    """Lanes have names that only staff need."""
    return str(PlaceKind(place.kind).label) if place.kind in LANES else place.name


def starts_at(session: Session, day: date, at: time) -> bool:
    """Whether it begins then on the venue's clock, which may show a time twice."""
    local = session.local_start
    return (local.date(), local.time()) == (day, at)


def resolve_clock(day: date, at: time, zone: str) -> datetime:
    """Of forms, which have no field for which of two equal times is meant. Raises ``InvalidInput``."""
    try:
        return resolve_local_time(day, at, zone)
    except InvalidInput as error:
        if error.code != "ambiguous_time":
            raise
        text = _("The clocks go back then, so this time occurs twice. Choose an earlier or later one.")
        refuse("time", text, error.code)


@dataclass(frozen=True, slots=True)
class Share:
    """What cancelling returns until then; ``percent`` of the price less ``fee``."""

    until: datetime
    percent: Decimal
    fee: Decimal


def list_shares(session: Session, rules: Rules, now: datetime) -> list[Share]:
    """From now to the start, the best first; what is past is left out."""
    tiers = sorted(rules.tiers, key=lambda tier: -tier.hours_before)
    shares = [_make_share(session, tier) for tier in tiers]
    return [share for share in shares if share.until > now]


def _make_share(session: Session, tier: Tier) -> Share:
    until = session.local_start - timedelta(hours=tier.hours_before)
    return Share(until, tier.percentage, tier.fee)


def describe_policy(session: Session, rules: Rules, now: datetime) -> list[str]:
    """What cancelling costs, with dates."""
    if not rules.tiers:
        return [_("Free cancellation until the start.")]
    sentences = [_describe_share(share, session.venue.currency) for share in list_shares(session, rules, now)]
    has_whole_time = any(tier.hours_before == 0 for tier in rules.tiers)
    return sentences if has_whole_time else [*sentences, _last_words(sentences)]


def _last_words(sentences: Sequence[str]) -> str:
    return _("No refund after that.") if sentences else _("No refund if you cancel now.")


def _describe_share(share: Share, currency: str) -> str:
    values = {"when": moment(share.until), "percent": f"{share.percent.normalize():f}"}
    if share.fee:
        values["fee"] = money(share.fee, currency)
        return _("%(percent)s%% refund less %(fee)s until %(when)s.") % values
    if share.percent == 100:
        return _("Free cancellation until %(when)s.") % values
    return _("%(percent)s%% refund until %(when)s.") % values


def credit_until(session: Session, rules: Rules) -> datetime:
    """Until when cancelling gives a pass its credit back."""
    return session.local_start - timedelta(hours=rules.late_cancel_hours)


def describe_credit(session: Session, rules: Rules, now: datetime) -> str:
    until = credit_until(session, rules)
    if until <= now:
        return _("Credits of a pass are no longer returned if you cancel.")
    return _("A pass gets its credits back if you cancel by %(when)s.") % {"when": moment(until)}


def name_pass(owned: Pass, left: int) -> str:
    """With what is left of it."""
    credits = ngettext("%(number)s credit left", "%(number)s credits left", left) % {"number": left}
    return f"{owned.kind.name} · {credits}"


def describe_clash(session: Session, asked: Mapping[str, Any]) -> str:
    """Another session that has the teacher or the studio which was ``asked`` for."""
    start, end = session.local_start, session.local_end
    values = {
        "teacher": session.facilitator.name,
        "studio": name_place(session.place),
        "title": session.title,
        "start": moment(start),
        "end": clock_after(end, start),
    }
    if str(session.facilitator_id) == asked.get("facilitator"):
        return _("%(teacher)s teaches %(title)s, %(start)s to %(end)s.") % values
    return _("%(studio)s is taken by %(title)s, %(start)s to %(end)s.") % values


def describe_refused(problem: DomainError) -> list[str]:
    """Each time that stands in the way of several, and why."""
    refused = problem.extra.get("refused", ())
    lines = [f"{_describe_time(each)}: {each['message']}" for each in refused]
    return list(dict.fromkeys(lines))[:MOST_LINES]


def _describe_time(refused: Mapping[str, Any]) -> str:
    if "start" in refused:
        return moment(datetime.fromisoformat(refused["start"]))
    return short_date(date.fromisoformat(refused["date"]))
