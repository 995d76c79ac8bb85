"""Payouts for spreadsheets."""

from django.db.models import QuerySet

from classes.models import Payout
from common.money import in_coins
from common.spreadsheets import write_table

COLUMNS = ("session", "starts", "facilitator", "amount", "currency", "settled")


def write_payouts(rows: QuerySet[Payout]) -> str:
    """Read with their sessions' venues and facilitators."""
    return write_table(COLUMNS, (_tell_payout(row) for row in rows.iterator()))


def _tell_payout(row: Payout) -> tuple[str, ...]:
    starts, settled = row.session.local_start, row.settled_at
    return (
        row.session.title,
        f"{starts:%Y-%m-%d %H:%M}",
        row.facilitator.name,
        str(in_coins(row.amount, row.currency)),
        row.currency,
        f"{settled.astimezone(row.session.venue.zone):%Y-%m-%d}" if settled else "",
    )
