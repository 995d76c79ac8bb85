"""Photos and logos are drawn anew, so that only the picture of an upload is ever sent."""

from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image, ImageOps, UnidentifiedImageError

SIZES = {"small": 480, "large": 1200, "logo": 480}  # longest side in pixels
MOST_PIXELS = 40_000_000
"""More are not unpacked: a small file may claim to be a huge picture."""
QUALITY = 82
FOLDER = "renditions"
WEBP: dict[str, Any] = {"format": "WEBP", "quality": QUALITY, "method": 4}
PNG: dict[str, Any] = {"format": "PNG", "optimize": True}
"""Logos: mail programs show it, and its edges stay sharp."""


class NoPicture(Exception):
    """The file is gone, or is not a picture that can be shown."""


def render_photo(name: str, size: str) -> bytes:
    """A stored photo as WebP, a logo as PNG, without metadata; made once. Raises ``NoPicture``."""
    storage, options, target = storages["renditions"], _options_of(size), _find_rendition(name, size)
    if storage.exists(target):
        with storage.open(target) as file:
            return bytes(file.read())
    drawn = _draw(name, SIZES[size], options)
    storage.save(target, ContentFile(drawn))
    return drawn


def delete_photo(name: str) -> None:
    """The upload and all that was drawn from it."""
    storages["default"].delete(name)
    for size in SIZES:
        storages["renditions"].delete(_find_rendition(name, size))


def _options_of(size: str) -> dict[str, Any]:
    return PNG if size == "logo" else WEBP


def _find_rendition(name: str, size: str) -> str:
    return f"{FOLDER}/{SIZES[size]}/{name}.{_options_of(size)['format'].lower()}"


def _draw(name: str, longest: int, options: dict[str, Any]) -> bytes:
    try:
        with storages["default"].open(name) as file, Image.open(file) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NoPicture
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((longest, longest))
            out = BytesIO()
            is_clear = options is PNG and upright.mode == "RGBA"
            upright.convert("RGBA" if is_clear else "RGB").save(out, **options)
            return out.getvalue()
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NoPicture from error
