"""What must be known of somebody before they are booked for."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from common.venues import MANAGING
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from resources.permissions import works_at

NOBODY = Customer()


def require_contact(customer: Customer, *, actor: Actor, venue_id: int, before: Customer = NOBODY) -> None:
    """Name and email address, from staff a name or a phone number. Raises ``InvalidInput``.

    ``before``: what is known already; what somebody was booked without need not be given later either.
    """
    missing = [name for name in ("name", "email") if not getattr(customer, name)]
    if before.is_somebody:
        missing = [name for name in missing if getattr(before, name)]
    if not missing and customer.is_somebody:
        return
    if missing and not _acts_for_somebody(actor, customer, venue_id):
        required: dict[str, list[str | Promise]] = {name: [_("Enter a value.")] for name in missing}
        raise InvalidInput(_("Enter a name and an email address."), fields=required)
    require_name_or_phone(customer)


def require_name_or_phone(customer: Customer) -> None:
    """Raises ``InvalidInput``."""
    if not (customer.name or customer.phone):
        sentence = _("Enter a name or a phone number.")
        raise InvalidInput(sentence, fields={"name": [sentence]})


def _acts_for_somebody(actor: Actor, customer: Customer, venue_id: int) -> bool:
    """Whether staff, who can ask, an import or a product has somebody else booked."""
    if actor.source == Source.IMPORT or actor.manages:
        return True
    return (
        actor.user is not None and actor.user != customer.user and works_at(actor.user, venue_id, *MANAGING)
    )
