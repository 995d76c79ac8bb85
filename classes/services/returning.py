"""Credits that come back: to their pass, or as money where that has been ended by then."""

from collections.abc import Collection
from datetime import datetime

from classes.models import Pass, PassUse
from classes.pass_balance import value_used
from payments.services import refund_charges


def return_uses(uses: Collection[PassUse], now: datetime) -> None:
    """Under the passes' rows, which are the last lock of all."""
    if not uses:
        return
    wanted = {use.used_pass_id for use in uses}
    rows = Pass.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=wanted)
    passes = list(rows.select_related("bill").order_by("pk"))
    PassUse.objects.filter(pk__in=[use.pk for use in uses]).update(returned_at=now)
    for use in uses:
        use.returned_at = now
    # Nobody books with what was ended, and what was left of it has been refunded.
    keep = {sold.bill: value_used(sold) for sold in passes if sold.ended_at and sold.bill}
    if keep:
        refund_charges(keep, actor=None, now=now)
