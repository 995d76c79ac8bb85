from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from classes.models import Facilitator
from common.errors import NotFound
from common.venues import MANAGING
from resources.models import Venue
from resources.views import PHOTO_SIZES, send_picture


@require_safe
def facilitator(request: HttpRequest, name: str) -> HttpResponse:
    """Of whoever is shown to everyone; of others to themselves and their venue. Raises ``NotFound``."""
    staffed = Venue.objects.staffed_by(request.user, *MANAGING).values("pk")
    own = Q(user=request.user.pk) | Q(venue__in=staffed)
    shown = Q(is_public=True, approved_at__isnull=False, venue__is_active=True)
    rows = Facilitator.objects.filter(own | shown, photo=f"facilitators/{name}".replace("\x00", ""))
    found = rows.select_related("venue").first()
    size = request.GET.get("size") or "large"
    if found is None or size not in PHOTO_SIZES:
        raise NotFound
    is_public = found.is_public and found.is_approved and found.venue.is_active
    return send_picture(str(found.photo.name), size, is_public=is_public)
