"""Venues over HTTP: everybody finds them, their managers describe them."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from phonenumber_field.phonenumber import to_python
from rest_framework import serializers

from common.api_views import StrictSerializer
from common.names import check_name
from common.parsing import refuse
from common.schema import IF_MATCH, PAGES, page_of, query, tag
from common.serializing import Shape
from resources.api.configuration import Configuration, Draft, change_of
from resources.api.links import Coordinates, VenueLinks
from resources.api.schemas import IF_NONE_MATCH, KEPT, WRITERS
from resources.api.serializers import HoursSerializer, VenueBriefSerializer
from resources.filters import VenueFilter
from resources.models import OpeningHours, Venue
from resources.models.venue import LONGEST_ADDRESS, MOST_WEBSITES


class VenueInput(StrictSerializer):
    """``currency`` and ``time_zone`` can change only while the venue has no resources."""

    name = serializers.CharField(validators=[check_name], max_length=200)
    description = serializers.CharField(max_length=5000, allow_blank=True)
    time_zone = serializers.CharField(max_length=63)
    currency = serializers.CharField(max_length=3)
    street = serializers.CharField(validators=[check_name], max_length=200, allow_blank=True)
    postal_code = serializers.CharField(validators=[check_name], max_length=20, allow_blank=True)
    city = serializers.CharField(validators=[check_name], max_length=100, allow_blank=True)
    latitude = serializers.FloatField(min_value=-90, max_value=90, allow_null=True, help_text="Degrees north")
    longitude = serializers.FloatField(
        min_value=-180, max_value=180, allow_null=True, help_text="Degrees east"
    )
    country = serializers.CharField(max_length=2, help_text="Whose public holidays apply, like DE")
    subdivision = serializers.CharField(validators=[check_name], max_length=10, allow_blank=True)
    email = serializers.EmailField(max_length=254, allow_blank=True)
    phone = serializers.CharField(
        max_length=40, allow_blank=True, help_text="With its country code, else of the venue's country"
    )
    terms = serializers.CharField(
        max_length=20000, allow_blank=True, help_text="Customers must accept them to book; empty: none"
    )
    color = serializers.CharField(
        max_length=7,
        allow_blank=True,
        help_text="Of its pages, mails and tickets, like #0f5c4a; adjusted where text could not be read",
    )
    privacy_url = serializers.CharField(
        max_length=LONGEST_ADDRESS,
        allow_blank=True,
        help_text="Linked at the end of its pages; {language} in it becomes en or de",
    )
    terms_url = serializers.CharField(max_length=LONGEST_ADDRESS, allow_blank=True, help_text="Likewise")
    imprint_url = serializers.CharField(max_length=LONGEST_ADDRESS, allow_blank=True, help_text="Likewise")
    embed_origins = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_ADDRESS),
        max_length=MOST_WEBSITES,
        help_text="Websites that may show its booking pages in a frame, like https://www.example.com",
    )
    is_active = serializers.BooleanField()


class LogoShape(Shape):
    """Uploaded in the admin; a PNG."""

    url = serializers.URLField()
    width = serializers.IntegerField(help_text="Pixels", allow_null=True, source="logo_width")
    height = serializers.IntegerField(help_text="Pixels", allow_null=True, source="logo_height")

    def read_url(self, venue: Venue) -> str:
        return f"{settings.SITE_URL}{venue.logo.url}"


class VenueSerializer(VenueBriefSerializer):
    """``weekly_hours`` are the venue's own; resources may have others."""

    email = serializers.CharField()
    phone = serializers.SerializerMethodField()
    coordinates = Coordinates(allow_null=True, read_only=True)
    logo = LogoShape(allow_null=True, read_only=True)
    embed_origins = serializers.ListField(child=serializers.CharField(), source="embedding_origins")
    weekly_hours = HoursSerializer(source="common_hours", many=True)
    links = VenueLinks(source="*", read_only=True)

    class Meta(VenueBriefSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *VenueBriefSerializer.Meta.fields,
            "description",
            "street",
            "postal_code",
            "city",
            "country",
            "subdivision",
            "coordinates",
            "email",
            "phone",
            "terms",
            "color",
            "logo",
            "privacy_url",
            "terms_url",
            "imprint_url",
            "embed_origins",
            "is_active",
            "weekly_hours",
            "links",
        )

    def read_coordinates(self, venue: Venue) -> Venue | None:
        return venue if venue.has_coordinates else None

    def read_logo(self, venue: Venue) -> Venue | None:
        return venue if venue.logo else None

    def get_phone(self, venue: Venue) -> str:
        return str(venue.phone or "")


@extend_schema_view(
    list=extend_schema(
        summary="List venues",
        description="Active ones; with `is_active=false` the inactive ones of your own.",
        parameters=[
            query("country", "Two capital letters, like DE."),
            query("q", "Part of the name."),
            query("is_active", "Whether the venue is active.", type=OpenApiTypes.BOOL),
            *PAGES,
        ],
        responses={200: page_of(VenueSerializer)},
    ),
    retrieve=extend_schema(
        summary="Read a venue",
        parameters=[IF_NONE_MATCH, tag(200, 304)],
        responses={200: VenueSerializer, 304: None},
    ),
    partial_update=extend_schema(
        summary="Change a venue",
        description=f"{WRITERS} {KEPT}",
        parameters=[IF_MATCH, tag(200)],
        request=change_of(VenueInput),
        responses={200: VenueSerializer},
    ),
)
class VenueViewSet(Configuration[Venue]):
    signed_in = ("partial_update",)
    model = Venue
    input = VenueInput
    serializer_class = VenueSerializer
    filterset_class = VenueFilter
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def rows(self) -> QuerySet[Venue]:
        hours = OpeningHours.objects.filter(resource=None).order_by("weekday", "start_time", "id")
        common = Prefetch("opening_hours", queryset=hours, to_attr="common_hours")
        return Venue.objects.prefetch_related(common).order_by("name", "id")

    def get_queryset(self) -> QuerySet[Venue]:
        """Active ones for everybody, the others for their own people."""
        own_venues = Venue.objects.staffed_by(self.request.user)
        return self.rows().filter(Q(is_active=True) | Q(pk__in=own_venues.values("pk")))

    def draft(self, data: dict[str, Any], venue: Venue, row: Venue | None) -> Draft:
        fixed = [name for name in ("currency", "time_zone") if name in data]
        if fixed and venue.resources.exists():
            refuse(fixed[0], _("This can't be changed once the venue has resources."))
        if data.get("time_zone", "UTC") not in available_timezones():
            refuse("time_zone", _("Unknown time zone. Use a name like Europe/Berlin."))
        _require_both_coordinates(data, venue)
        if data.get("phone"):
            data["phone"] = _parse_phone(data["phone"], data.get("country", venue.country))
        if "embed_origins" in data:
            data["embedded_on"] = "\n".join(data.pop("embed_origins"))
        return Draft(data)


def _require_both_coordinates(data: dict[str, Any], venue: Venue) -> None:
    latitude, longitude = (data.get(name, getattr(venue, name)) for name in ("latitude", "longitude"))
    if (latitude is None) != (longitude is None):
        refuse("longitude" if longitude is None else "latitude", _("Enter both or neither."))


def _parse_phone(text: str, country: str) -> str:
    number = to_python(text, region=country)
    if number is None or not number.is_valid():
        refuse("phone", _("Enter a valid phone number, like +49 30 1234567."))
    return str(number.as_e164)
