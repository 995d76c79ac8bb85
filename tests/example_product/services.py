"""Lending."""

from django.db import transaction

from accounts.models import User
from resources.models import Venue
from tests.example_product import messages, news
from tests.example_product.models import Umbrella


@transaction.atomic
def lend(*, venue: Venue, customer: User) -> Umbrella:
    umbrella = Umbrella.objects.create(
        venue=venue,
        customer=customer,
        customer_name=customer.get_full_name(),
        customer_email=customer.email,
    )
    messages.tell(umbrella, {"thing": "Umbrella"})
    news.announce(umbrella)
    return umbrella
