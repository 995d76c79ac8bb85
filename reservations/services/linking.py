"""Sending a guest the secret link once more."""

from django.db import transaction

from reservations.enums import NEVER_BOOKED
from reservations.models import Reservation
from reservations.signals import link_wanted


@transaction.atomic
def send_link(*, code: str, email: str) -> None:
    """Has the link sent to the booking's own address if code and address belong together.

    Says nothing about it, and neither may whoever calls: who has booked is nobody's business.
    """
    found = Reservation.objects.select_related("venue", "customer").exclude(status__in=NEVER_BOOKED)
    wanted = found.filter(code=code.strip().upper(), customer_email=email.strip().lower()).first()
    if wanted is not None:
        link_wanted.send(Reservation, reservation=wanted)
