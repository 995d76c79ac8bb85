"""Addresses in answers. They begin like those in mails, whoever asks and by what name of the server."""

from functools import cache
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from common.serializing import Shape
from resources.models import Resource, Venue

NIL = UUID(int=0)


def address_of(view_name: str, *parts: object) -> str:
    """Of a page or answer whose address holds an id, and perhaps a secret."""
    return f"{settings.SITE_URL}{_path_with_gaps(view_name, len(parts)).format(*parts)}"


@cache
def _path_with_gaps(view_name: str, count: int) -> str:
    # Making an address anew for each row of a list would take longer than all the rest of the row.
    return reverse(view_name, args=[NIL] * count).replace(str(NIL), "{}")


class PhotoShape(Shape):
    url = serializers.URLField(help_text="WebP, at most 1200 pixels wide or high")
    small_url = serializers.URLField(help_text="At most 480")
    alt = serializers.CharField(source="photo_alt", help_text="What it shows, for those who do not see it")

    def read_url(self, resource: Resource) -> str:
        return f"{settings.SITE_URL}{resource.photo.url}"

    def read_small_url(self, resource: Resource) -> str:
        return f"{self.read_url(resource)}?size=small"


def photo_field() -> PhotoShape:
    """Of the resource that the shape's ``read_photo`` gives, None for one without."""
    return PhotoShape(allow_null=True, read_only=True)


class ResourceLinks(Shape):
    """``page``: where people book it; ``ics``: when it is busy, for calendars, while it can be booked."""

    self = serializers.URLField()
    page = serializers.URLField()
    ics = serializers.URLField(allow_null=True)

    def read_self(self, resource: Resource) -> str:
        return address_of("api-resources-detail", resource.uuid)

    def read_page(self, resource: Resource) -> str:
        return address_of("resource-day", resource.uuid)

    def read_ics(self, resource: Resource) -> str | None:
        if not (resource.is_active and resource.venue.is_active):
            return None
        path = reverse("calendar-busy", args=[resource.venue.slug, resource.slug])
        return f"{settings.SITE_URL}{path}"


class VenueLinks(Shape):
    """``page``: where people find what can be booked there; ``embed``: for a frame of its website."""

    self = serializers.URLField()
    page = serializers.URLField()
    embed = serializers.URLField()

    def read_self(self, venue: Venue) -> str:
        return address_of("api-venues-detail", venue.uuid)

    def read_page(self, venue: Venue) -> str:
        return f"{settings.SITE_URL}{reverse('home')}?venue={venue.slug}"

    def read_embed(self, venue: Venue) -> str:
        return f"{settings.SITE_URL}{reverse('embedded-venue', args=[venue.slug])}"


class Coordinates(Shape):
    """Degrees, WGS 84."""

    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
