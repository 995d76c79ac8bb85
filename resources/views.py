from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from common.errors import NotFound
from resources.models import Resource
from resources.photos import SIZES, NoPicture, render_photo

A_WEEK = 7 * 24 * 3600


@require_safe
def photo(request: HttpRequest, name: str) -> HttpResponse:
    """The photo of a resource that the visitor may see; ``?size=small`` for lists. Raises ``NotFound``."""
    size = request.GET.get("size") or "large"
    resources = Resource.objects.visible_to(request.user).filter(photo=name.replace("\x00", ""))
    resource = resources.select_related("venue").first()
    if resource is None or size not in SIZES:
        raise NotFound
    try:
        content = render_photo(str(resource.photo.name), size)
    except NoPicture as error:
        raise NotFound from error
    is_public = resource.is_active and resource.venue.is_active
    return HttpResponse(content, headers=_photo_headers(is_public=is_public))


def _photo_headers(*, is_public: bool) -> dict[str, str]:
    # Only ever a picture: nothing in it runs, whatever was uploaded. Another photo has another name, so
    # browsers may keep this one.
    return {
        "Content-Type": "image/webp",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": f"{'public' if is_public else 'private'}, max-age={A_WEEK}",
    }
