"""What is left of passes: counted from their uses, under the pass's row, which is the last lock of all."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from classes.models import Pass, PassUse
from classes.policies.credits import PassFacts, find_obstacle, value_uses
from classes.refusals import refuse_seat


def lock_pass(pass_id: int) -> Pass | None:
    return Pass.objects.select_for_update(no_key=True).filter(pk=pass_id).order_by().first()


def count_left(passes: Iterable[Pass]) -> dict[int, int]:
    """Credits by pass; one query."""
    rows = list(passes)
    used = PassUse.objects.filter(used_pass__in=[row.pk for row in rows], returned_at=None).order_by()
    counts = dict(used.values_list("used_pass").annotate(Sum("credits")))
    return {row.pk: row.credits - counts.get(row.pk, 0) for row in rows}


def value_used(sold: Pass) -> Decimal:
    """What those of its credits are worth that were used and have not come back."""
    used = list(sold.uses.filter(returned_at=None).order_by("pk").values_list("credits", flat=True))
    return sum(value_uses(sold.price, sold.credits, used, sold.currency), Decimal(0))


def facts_of(used_pass: Pass) -> PassFacts:
    return PassFacts(
        left=count_left([used_pass])[used_pass.pk],
        expires_on=used_pass.expires_on,
        is_paid=used_pass.paid_at is not None,
        is_ended=used_pass.ended_at is not None,
        type_ids=frozenset(used_pass.kind.class_types.values_list("pk", flat=True)),
    )


def require_credits(
    used_pass: Pass | None, *, needed: int, type_id: int | None, on: date, is_retreat: bool
) -> Pass:
    """Raises ``BookingRefused`` (``pass_not_valid``, ``pass_used_up``)."""
    if used_pass is None:
        raise refuse_seat("pass_not_valid")
    facts = facts_of(used_pass)
    if obstacle := find_obstacle(facts, needed=needed, type_id=type_id, on=on, is_retreat=is_retreat):
        raise refuse_seat(obstacle)
    return used_pass
