"""Who switched a product on or off at a venue, as the venue's history shows it."""

from django.utils.translation import gettext as _

from accounts.admin_history import MOST_SHOWN, HistoryEntry
from common.products import products
from resources.models import OfferedProduct, Venue


def list_switches(venue: Venue) -> list[HistoryEntry]:
    """The newest first."""
    records = OfferedProduct.history.filter(venue=venue).select_related("history_user")[:MOST_SHOWN]
    return [
        HistoryEntry(
            record.history_date,
            record.history_user,
            _("Switched off") if record.history_type == "-" else _("Switched on"),
            [_name_product(record.product)],
        )
        for record in records
    ]


def _name_product(name: str) -> str:
    product = products.get(name)
    return str(product.label) if product else name
