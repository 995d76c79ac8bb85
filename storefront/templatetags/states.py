"""Apart from ``bookings``, whose ``length`` takes the place of Django's."""

from django import template
from django.utils.translation import gettext as _

from reservations.models import Reservation
from reservations.services import awaits_only_payment

register = template.Library()


@register.filter
def status_text(reservation: Reservation) -> str:
    if awaits_only_payment(reservation):
        return _("Awaiting payment")
    return str(reservation.get_status_display())
