"""Which products a venue offers, cached beside its configuration."""

from common.products import products
from common.venues import VenuePart
from resources.models import OfferedProduct


def read_offered(alias: str, venue_id: int) -> frozenset[str]:
    if not products:
        return frozenset()  # with bookings alone nobody asks
    rows = OfferedProduct.objects.using(alias).filter(venue_id=venue_id)
    return frozenset(rows.values_list("product", flat=True))


OFFERED: VenuePart[frozenset[str]] = VenuePart("offered", read_offered)
