"""What a venue offers besides booking its places."""

from collections.abc import Collection

from common.parsing import refuse
from common.products import products
from common.transactions import atomic_change
from resources.models import OfferedProduct, Venue


def offer_products(*, venue: Venue, names: Collection[str]) -> None:
    """Switch on exactly ``names``; what is not installed at present stays as it was.

    Raises ``InvalidInput`` for a product that does not exist.
    """
    for name in names:
        if name not in products:
            refuse("products", f"There is no product {name!r}.")
    with atomic_change():
        rows = OfferedProduct.objects.filter(venue=venue, product__in=products.names())
        for row in rows.exclude(product__in=names):
            row.delete()  # one by one: each says that the venue has changed
        for name in sorted({*names}):
            # Another manager may be doing the same.
            OfferedProduct.objects.get_or_create(venue=venue, product=name)
