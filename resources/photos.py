"""Photos are drawn anew in two sizes, so that only the picture of an upload is ever sent."""

from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image, ImageOps, UnidentifiedImageError

SIZES = {"small": 480, "large": 1200}  # longest side in pixels
MOST_PIXELS = 40_000_000
"""More are not unpacked: a small file may claim to be a huge picture."""
QUALITY = 82
FOLDER = "renditions"


class NoPicture(Exception):
    """The file is gone, or is not a picture that can be shown."""


def render_photo(name: str, size: str) -> bytes:
    """The stored photo as WebP without metadata; made once, then kept. Raises ``NoPicture``."""
    storage, target = storages["renditions"], f"{FOLDER}/{SIZES[size]}/{name}.webp"
    if storage.exists(target):
        with storage.open(target) as file:
            return bytes(file.read())
    drawn = _draw(name, SIZES[size])
    storage.save(target, ContentFile(drawn))
    return drawn


def _draw(name: str, longest: int) -> bytes:
    try:
        with storages["default"].open(name) as file, Image.open(file) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NoPicture
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((longest, longest))
            out = BytesIO()
            upright.convert("RGB").save(out, "WEBP", quality=QUALITY, method=4)
            return out.getvalue()
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NoPicture from error
