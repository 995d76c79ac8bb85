import secrets
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator, URLValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField
from simple_history.models import HistoricalRecords
from timezone_field import TimeZoneField

from common.names import check_name
from common.origins import read_website
from common.palette import Palettes, make_palettes
from common.transactions import atomic_change
from common.venues import check_address
from resources.enums import Role
from resources.logos import fit_logo
from resources.models.checks import check_currency
from resources.querysets import VenueQuerySet

COUNTRY_CODE = RegexValidator(r"^[A-Z]{2}$", _("Two capital letters, like DE."))
CURRENCY_CODE = RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, like EUR."))
COLOR_CODE = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("# and six digits or letters from a to f, like #0f5c4a."))
WEB_ADDRESS = URLValidator(
    ["http", "https"], message=_("Enter an address like https://www.example.com/privacy.")
)
LONGEST_ADDRESS = 300

MOST_WEBSITES = 20
"""They stand in a header of each answer, of which proxies take a few kilobytes."""


def check_origins(text: str) -> None:
    """Raises ``ValidationError``."""
    lines = text.split()
    if len(lines) > MOST_WEBSITES:
        raise ValidationError(_("Enter %(most)d websites or fewer."), params={"most": MOST_WEBSITES})
    for line in lines:
        if read_website(line) is None:
            raise ValidationError(
                _("%(line)s isn't a website. Enter https:// and the name, without a page or *."),
                params={"line": line},
            )


def new_stamp() -> int:
    """A random stamp: never the same again, not even after a rollback."""
    return secrets.randbits(62)


class Venue(models.Model):
    """A place with one time zone and one currency; everything bookable belongs to one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200, validators=[check_name])
    slug = models.SlugField(_("address in links"), unique=True, validators=[check_address])
    description = models.TextField(_("description"), blank=True)
    time_zone = TimeZoneField(_("time zone"))
    currency = models.CharField(_("currency"), max_length=3, validators=[CURRENCY_CODE])
    street = models.CharField(_("street"), max_length=200, blank=True, validators=[check_name])
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True, validators=[check_name])
    city = models.CharField(_("city"), max_length=100, blank=True, validators=[check_name])
    country = models.CharField(
        _("country"),
        max_length=2,
        validators=[COUNTRY_CODE],
        help_text=_("Decides which public holidays apply."),
    )
    subdivision = models.CharField(_("state or region"), max_length=10, blank=True, validators=[check_name])
    latitude = models.FloatField(
        _("latitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("Degrees north, like 52.5200."),
    )
    longitude = models.FloatField(
        _("longitude"),
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("Degrees east, like 13.4050."),
    )
    email = models.EmailField(_("email address"), blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    terms = models.TextField(
        _("terms"), blank=True, help_text=_("Customers must accept them to book. Leave empty for none.")
    )
    color = models.CharField(
        _("color"),
        max_length=7,
        blank=True,
        validators=[COLOR_CODE],
        help_text=_(
            "Used on your pages, in emails and on tickets. "
            "We adjust it where needed so text stays easy to read."
        ),
    )
    logo = models.ImageField(
        _("logo"),
        upload_to="venues/",
        blank=True,
        help_text=_("A JPEG, PNG or WebP image of 2 MB or less. Shown with the name."),
    )
    logo_width = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    logo_height = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    privacy_url = models.CharField(
        _("privacy policy"),
        max_length=LONGEST_ADDRESS,
        blank=True,
        validators=[WEB_ADDRESS],
        help_text=_(
            "The address of a web page. We link to it at the bottom of your pages. Write {language} where it "
            "differs by language, like https://www.example.com/{language}/privacy."
        ),
    )
    terms_url = models.CharField(
        _("page with the terms"), max_length=LONGEST_ADDRESS, blank=True, validators=[WEB_ADDRESS]
    )
    imprint_url = models.CharField(
        _("imprint"), max_length=LONGEST_ADDRESS, blank=True, validators=[WEB_ADDRESS]
    )
    embedded_on = models.TextField(
        _("websites that embed its booking page"),
        blank=True,
        validators=[check_origins],
        help_text=_(
            "One per line, like https://www.example.com. Only these websites can show your booking "
            "page (like /embed/riverside/) in a frame."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    config_stamp = models.BigIntegerField(
        default=new_stamp, editable=False, help_text="Changes with anything that resources.catalog caches."
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="VenueMembership", related_name="venues"
    )

    objects = VenueQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["config_stamp"])

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="venue_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="venue_country_is_iso"
            ),
            models.CheckConstraint(
                condition=models.Q(latitude=None, longitude=None)
                | models.Q(
                    latitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__isnull=False,
                    longitude__range=(-180, 180),
                ),
                name="venue_coordinates_are_two",
                violation_error_message=_("Enter both latitude and longitude, or neither."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        before = type(self).objects.filter(pk=self.pk).values_list("currency", flat=True).first()
        if before is not None and self.currency != before:
            check_currency(self.pk)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """As one change: rows that go first must not leave news of a venue that is no more."""
        with atomic_change():
            return super().delete(*args, **kwargs)

    @property
    def has_coordinates(self) -> bool:
        return self.latitude is not None and self.longitude is not None

    @property
    def embedding_origins(self) -> list[str]:
        return list(dict.fromkeys(filter(None, map(read_website, self.embedded_on.split()))))

    @property
    def stylesheet(self) -> str:
        """The address of the one that paints its pages; empty without a color."""
        return reverse("paint", args=[self.color[1:].lower()]) if self.color else ""

    @property
    def palettes(self) -> Palettes:
        return make_palettes(self.color)

    @property
    def logo_size(self) -> tuple[int, int]:
        """As it is shown, in CSS pixels."""
        return fit_logo(self.logo_width, self.logo_height)

    @property
    def zone(self) -> ZoneInfo:
        zone = self.time_zone
        return zone if isinstance(zone, ZoneInfo) else ZoneInfo(str(zone))

    @property
    def zone_name(self) -> str:
        return str(self.time_zone)


class BelongsToVenue(models.Model):
    """Names its venue itself, always its parent's, so that the table can be listed and split by venue."""

    venue = models.ForeignKey(
        Venue,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("venue"),
    )

    class Meta:
        abstract = True


class ConfigurationStamp(models.Model):
    """Says when one part of a venue's configuration was changed: ``hours``, ``resource:17``.

    No reference: rows of the venue that are deleted with it leave their stamp behind, and the venue takes
    them along last.
    """

    venue = models.ForeignKey(
        Venue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    key = models.CharField(max_length=60)
    stamp = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("venue", "key"), name="stamp_once_per_part"),)

    def __str__(self) -> str:
        return self.key


class VenueMembership(models.Model):
    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, db_index=False, related_name="memberships", verbose_name=_("venue")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("account"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.STAFF)
    wants_notices = models.BooleanField(
        _("notifications"),
        default=True,
        help_text=_("Emails about new bookings, requests and cancellations. Facilitators don't get them."),
    )
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (
            models.UniqueConstraint(fields=("venue", "user"), name="membership_once_per_venue"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"
