from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from common.addresses import normal_email
from common.errors import Conflict
from common.transactions import retried_atomic
from resources.enums import Role
from resources.models import BookingRules, Venue, VenueMembership
from resources.services.configuring import save_valid


@dataclass(frozen=True, slots=True)
class VenueStart:
    """What a venue needs from its first moment on; the rest is filled in later."""

    name: str
    time_zone: str
    currency: str
    country: str


@retried_atomic
def found_installation(*, email: str, password: str, venue: VenueStart) -> Venue:
    """The owner's account, with every right, and a first venue. Raises ``Conflict`` and ``InvalidInput``."""
    if Venue.objects.exists() or User.objects.filter(is_superuser=True).exists():
        raise Conflict(_("There's already an owner or a venue. Add more in the admin."))
    owner = User(email=normal_email(email), is_staff=True, is_superuser=True)
    owner.set_password(password)
    save_valid(owner)
    founded = Venue(
        name=venue.name,
        slug=slugify(venue.name) or "venue",
        time_zone=venue.time_zone,
        currency=venue.currency.upper(),
        country=venue.country.upper(),
        email=owner.email,
    )
    save_valid(founded)
    VenueMembership.objects.create(venue=founded, user=owner, role=Role.MANAGER)
    save_valid(BookingRules(venue=founded, name=_("Standard rules")))  # without any, no resource can be made
    return founded
