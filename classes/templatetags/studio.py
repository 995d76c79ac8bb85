from datetime import datetime

from django import template

from resources.models import Venue

register = template.Library()


@register.filter
def at_venue(at: datetime | None, venue: Venue) -> datetime | None:
    """On the venue's clock, which the page names once."""
    return at.astimezone(venue.zone) if at else None
