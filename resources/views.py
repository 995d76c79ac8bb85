from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from common.errors import NotFound
from common.palette import read_color, write_color, write_stylesheet
from resources.collages import render_collage
from resources.models import Resource, Venue
from resources.photos import NoPicture, render_photo
from resources.selectors import named_group

A_WEEK, AN_HOUR = 7 * 24 * 3600, 3600
PHOTO_SIZES = ("small", "large")
LOGOS = "venues/"


@require_safe
def photo(request: HttpRequest, name: str) -> HttpResponse:
    """The photo of a resource that the visitor may see; ``?size=small`` for lists. Raises ``NotFound``."""
    if name.startswith(LOGOS):
        return _send_logo(request, name)
    size = request.GET.get("size") or "large"
    resources = Resource.objects.visible_to(request.user).filter(photo=name.replace("\x00", ""))
    resource = resources.select_related("venue").first()
    if resource is None or size not in PHOTO_SIZES:
        raise NotFound
    is_public = resource.is_active and resource.venue.is_active
    return send_picture(str(resource.photo.name), size, is_public=is_public)


def _send_logo(request: HttpRequest, name: str) -> HttpResponse:
    own_venues = Venue.objects.staffed_by(request.user).values("pk")
    logos = Venue.objects.filter(Q(is_active=True) | Q(pk__in=own_venues), logo=name.replace("\x00", ""))
    venue = logos.first()
    if venue is None:
        raise NotFound
    return send_picture(str(venue.logo.name), "logo", is_public=venue.is_active)


def send_picture(name: str, size: str, *, is_public: bool) -> HttpResponse:
    try:
        content = render_photo(name, size)
    except NoPicture as error:
        raise NotFound from error
    return HttpResponse(content, headers=_picture_headers(size, is_public=is_public))


def _picture_headers(size: str, *, is_public: bool) -> dict[str, str]:
    # Only ever a picture: nothing in it runs, whatever was uploaded. Another photo has another name, so
    # browsers may keep this one.
    return {
        "Content-Type": "image/png" if size == "logo" else "image/webp",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": f"{'public' if is_public else 'private'}, max-age={A_WEEK}",
    }


@require_safe
def group_photo(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """A collage of its members; ``?size=small`` for lists. Raises ``NotFound``."""
    size = request.GET.get("size") or "large"
    if size not in PHOTO_SIZES:
        raise NotFound
    headers = _picture_headers(size, is_public=True) | {"Cache-Control": f"public, max-age={AN_HOUR}"}
    return HttpResponse(render_collage(named_group(group_id), size), headers=headers)


@require_safe
def paint(request: HttpRequest, color: str) -> HttpResponse:
    """The stylesheet of all venues with this colour; another has another address. Raises ``Http404``."""
    try:
        rgb = read_color(f"#{color}")
    except ValueError as error:
        raise Http404 from error
    content = write_stylesheet(write_color(rgb))
    headers = {"Cache-Control": f"public, max-age={A_WEEK}"}
    return HttpResponse(content, content_type="text/css; charset=utf-8", headers=headers)
