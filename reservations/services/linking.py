from uuid import UUID

from django.db import transaction

from common.addresses import normal_email
from common.transactions import retried_atomic
from reservations.domain.history import lock_reservation
from reservations.enums import NEVER_BOOKED
from reservations.models import Reservation
from reservations.signals import link_wanted


@transaction.atomic
def send_link(*, code: str, email: str) -> None:
    """Send the link to the booking's own address if code and address belong together; tells nobody if not."""
    bookings = Reservation.objects.select_related("venue", "customer").exclude(status__in=NEVER_BOOKED)
    booking = bookings.filter(code=code.strip().upper(), customer_email=normal_email(email)).first()
    if booking is not None:
        link_wanted.send(Reservation, reservation=booking)


@retried_atomic
def renew_link(*, reservation_id: UUID) -> Reservation:
    """The old link ends; the booking's own address, if it has one, is sent the new one."""
    reservation = lock_reservation(reservation_id)
    reservation.link_version += 1
    reservation.save(update_fields=["link_version"])
    if reservation.customer_email:
        link_wanted.send(Reservation, reservation=reservation)
    return reservation
