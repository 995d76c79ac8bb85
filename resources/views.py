"""Pictures of what can be booked."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from common.errors import NotFound
from resources.models import Resource
from resources.photos import SIZES, NoPicture, rendition

A_WEEK = 7 * 24 * 3600


@require_safe
def photo(request: HttpRequest, name: str) -> HttpResponse:
    """The photo of a resource that the visitor may see; ``?size=small`` for lists.

    Another photo has another name, so browsers may keep it. Raises ``NotFound``.
    """
    size = request.GET.get("size") or "large"
    found = Resource.objects.visible_to(request.user).filter(photo=name.replace("\x00", ""))
    shown = found.select_related("venue").first()
    if shown is None or size not in SIZES:
        raise NotFound
    try:
        content = rendition(str(shown.photo.name), size)
    except NoPicture as error:
        raise NotFound from error
    is_public = shown.is_active and shown.venue.is_active
    return HttpResponse(content, headers=_headers(is_public=is_public))


def _headers(*, is_public: bool) -> dict[str, str]:
    """Only ever a picture: nothing in it runs, whatever it was uploaded as."""
    return {
        "Content-Type": "image/webp",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": f"{'public' if is_public else 'private'}, max-age={A_WEEK}",
    }
