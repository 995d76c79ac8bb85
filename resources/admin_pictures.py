"""Pictures that are uploaded in the admin: what they are is found by looking into them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from resources import logos, photos
from resources.models import Venue
from resources.old_pictures import FIELDS, forget_picture

LARGEST = 2 * 1024 * 1024
TYPES = {"JPEG", "PNG", "WEBP"}


@dataclass(frozen=True, slots=True)
class Limits:
    most_pixels: int
    too_many_bytes: Any
    too_many_pixels: Any


PHOTO = Limits(
    photos.MOST_PIXELS,
    _("Choose a photo of 2 MB or less."),
    _("Choose a photo of 40 million pixels or fewer."),
)
LOGO = Limits(
    logos.MOST_PIXELS,
    _("Choose a logo of 2 MB or less."),
    _("Choose a logo of 10 million pixels or fewer."),
)


class ForgetsPictures:
    """An admin whose rows have a picture: the one before is deleted with the change that replaces it."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        name = FIELDS[type(obj)]
        before = str(form.initial.get(name) or "") if name in form.changed_data else ""
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        forget_picture(before)


def check_picture(picture: Any, limits: Limits) -> Any:
    """What a form has; a stored or a removed picture passes. Raises ``ValidationError``."""
    if isinstance(picture, UploadedFile):
        image = getattr(picture, "image", None)
        if (picture.size or 0) > LARGEST:
            raise ValidationError(limits.too_many_bytes)
        if getattr(image, "format", None) not in TYPES:
            raise ValidationError(_("Choose a JPEG, PNG or WebP image."))
        width, height = getattr(image, "size", (0, 0))
        if width * height > limits.most_pixels:
            raise ValidationError(limits.too_many_pixels)
    return picture


def take_logo(venue: Venue, picture: Any) -> Any:
    """The picture to store in place of an upload. Raises ``ValidationError``."""
    if isinstance(picture, UploadedFile):
        picture.seek(0)
        try:
            picture = logos.draw_logo(picture)
        except (OSError, ValueError, SyntaxError) as error:
            raise ValidationError(_("This image is broken. Choose another one.")) from error
        venue.logo_width, venue.logo_height = picture.width, picture.height
    elif picture is False:
        venue.logo_width = venue.logo_height = None
    return picture
