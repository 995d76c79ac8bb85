"""Passes: what a credit is worth, and whether a pass will do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from common.money import smallest_coin


@dataclass(frozen=True, slots=True)
class PassFacts:
    """``left``: credits; ``type_ids``: the class types it is for, empty for all sessions but retreats."""

    left: int
    expires_on: date
    is_paid: bool
    is_ended: bool = False
    type_ids: Collection[int] = ()


def find_obstacle(
    facts: PassFacts, *, needed: int, type_id: int | None, on: date, is_retreat: bool = False
) -> str:
    """Why it will not do for a session on that day; empty if it will."""
    if facts.is_ended or not facts.is_paid or facts.expires_on < on:
        return "pass_not_valid"
    if not is_for(facts.type_ids, type_id, is_retreat=is_retreat):
        return "pass_not_valid"
    return "pass_used_up" if facts.left < needed else ""


def is_for(type_ids: Collection[int], type_id: int | None, *, is_retreat: bool) -> bool:
    """Days away cost many times a class: a pass pays for them only where it names them."""
    return type_id in type_ids if type_ids else not is_retreat


def value_uses(price: Decimal, credits: int, used: Sequence[int], currency: str) -> list[Decimal]:
    """What each use is worth, in their order; the last credit has what rounding left."""
    unit = (price / credits).quantize(smallest_coin(currency), ROUND_DOWN)
    values, so_far = [], 0
    for count in used:
        so_far += count
        is_last = so_far >= credits
        values.append(unit * count + (price - unit * credits if is_last else 0))
    return values
