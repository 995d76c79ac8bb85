"""Pictures that are uploaded in the admin."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from resources import logos
from resources.models import Venue
from resources.old_pictures import FIELDS, forget_picture


class ForgetsPictures:
    """An admin whose rows have a picture: the one before is deleted with the change that replaces it."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        name = FIELDS[type(obj)]
        before = str(form.initial.get(name) or "") if name in form.changed_data else ""
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        forget_picture(before)


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
