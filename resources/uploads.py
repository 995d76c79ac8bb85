"""Pictures that somebody uploads: what they are is found by looking into them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from common.sizes import MEGABYTE, name_size
from resources import logos, photos

LARGEST = 2 * MEGABYTE
TYPES = {"JPEG", "PNG", "WEBP"}


@dataclass(frozen=True, slots=True)
class Limits:
    most_pixels: int
    too_many_bytes: Any
    too_many_pixels: Any


PHOTO = Limits(
    photos.MOST_PIXELS,
    _("Choose a photo of 2 MB or less. This one has %(size)s."),
    _("Choose a photo of 40 million pixels or fewer."),
)
LOGO = Limits(
    logos.MOST_PIXELS,
    _("Choose a logo of 2 MB or less. This one has %(size)s."),
    _("Choose a logo of 10 million pixels or fewer."),
)


def check_picture(picture: Any, limits: Limits) -> Any:
    """What a form has; a stored or a removed picture passes. Raises ``ValidationError``."""
    if isinstance(picture, UploadedFile):
        image = getattr(picture, "image", None)
        size = picture.size or 0
        if size > LARGEST:
            raise ValidationError(limits.too_many_bytes, params={"size": name_size(size)})
        if getattr(image, "format", None) not in TYPES:
            raise ValidationError(_("Choose a JPEG, PNG or WebP image."))
        width, height = getattr(image, "size", (0, 0))
        if width * height > limits.most_pixels:
            raise ValidationError(limits.too_many_pixels)
    return picture
