"""The venue that staff ask about."""

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from common.errors import Forbidden
from common.parsing import refuse
from common.schema import query
from common.venues import MANAGING
from lending.permissions import manages_loans
from resources.lookups import VenueNotFound, by_id_or_slug
from resources.models import Venue
from resources.permissions import sees_venue

VENUE = query("venue", "Id or slug; only needed by those who work at several venues.")


def find_desk(request: Request) -> Venue:
    """Where this person lends things. Raises ``Forbidden``, ``VenueNotFound`` and ``InvalidInput``."""
    name = request.query_params.get("venue", "")[:100].replace("\x00", "")
    if not name:
        return _find_only(request)
    venue = Venue.objects.filter(by_id_or_slug(name)).first()
    if venue is None or not sees_venue(request.user, venue):
        raise VenueNotFound
    if not manages_loans(request.user, venue.pk):
        raise Forbidden
    return venue


def _find_only(request: Request) -> Venue:
    venues = list(Venue.objects.staffed_by(request.user, *MANAGING).order_by("pk")[:2])
    if not venues:
        raise Forbidden
    if len(venues) > 1:
        refuse("venue", _("You work at several venues. Choose one."))
    return venues[0]
