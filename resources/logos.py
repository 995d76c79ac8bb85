"""A venue's logo is drawn anew when it is uploaded: small, and on a plate on which it can be seen."""

from io import BytesIO
from secrets import token_hex
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image, ImageOps, ImageStat

from common.palette import BLACK, DARK_GROUNDS, LIGHT_GROUNDS, WHITE, Rgb, contrast, read_color

MOST_PIXELS = 10_000_000
"""More are refused: all of them are unpacked."""
WIDEST, HIGHEST = 480, 144
MARGIN = 0.08
"""Of the height, around what stood on nothing."""
SHOWN_HEIGHT, SHOWN_WIDTH = 36, 144
"""At most, in CSS pixels, in the header of a page or mail."""
GROUNDS = (read_color(LIGHT_GROUNDS[0]), read_color(DARK_GROUNDS[0]))
"""What pages lie on."""
SAMPLE, VISIBLE, MOST = (48, 48), 1.8, 0.75
"""Pixels that are looked at; the contrast at which one stands out from its page; so many have to."""
SEEN = 128
"""From this opacity on, of 255, a pixel counts as part of the picture."""


class Logo(ContentFile[bytes]):
    """A PNG with a name that no logo had before: browsers may keep pictures under their names."""

    def __init__(self, picture: Image.Image) -> None:
        out = BytesIO()
        picture.save(out, "PNG", optimize=True)
        super().__init__(out.getvalue(), name=f"{token_hex(8)}.png")
        self.width, self.height = picture.size


def draw_logo(file: Any) -> Logo:
    """From an upload that was found to be a picture. Raises ``OSError`` for one that is broken."""
    with Image.open(file) as picture:
        upright = ImageOps.exif_transpose(picture)
        whole = _put_on_plate(upright.convert("RGBA"))
    whole.thumbnail((WIDEST, HIGHEST))
    return Logo(whole)


def _put_on_plate(picture: Image.Image) -> Image.Image:
    """What is transparent stays so where the logo is seen on light and dark pages alike; else it becomes
    white, or black behind a light logo.
    """
    opacity = picture.getchannel("A").point(lambda value: 255 if value >= SEEN else 0)
    box = opacity.getbbox()
    if box is None or opacity.getextrema() == (255, 255):
        return picture.convert("RGB")
    if _is_seen_everywhere(picture.crop(box), opacity.crop(box)):
        return picture.crop(box)
    plate = _choose_plate(picture, opacity)
    seen = picture.crop(box)
    margin = max(1, round(seen.height * MARGIN))
    whole = Image.new("RGB", (seen.width + 2 * margin, seen.height + 2 * margin), plate)
    whole.paste(seen, (margin, margin), seen)
    return whole


def _is_seen_everywhere(picture: Image.Image, opacity: Image.Image) -> bool:
    """Most of it stands out from each page."""
    small = picture.convert("RGB").resize(SAMPLE, Image.Resampling.NEAREST)
    mask = opacity.resize(SAMPLE, Image.Resampling.NEAREST)
    pixels = list(zip(*[iter(small.tobytes())] * 3, strict=True))
    colors = [color for color, is_seen in zip(pixels, mask.tobytes(), strict=True) if is_seen]
    counts = [sum(contrast(color, page) >= VISIBLE for color in colors) for page in GROUNDS]
    return min(counts) >= len(colors) * MOST > 0


def _choose_plate(picture: Image.Image, opacity: Image.Image) -> Rgb:
    red, green, blue = (round(mean) for mean in ImageStat.Stat(picture.convert("RGB"), opacity).mean)
    color = (red, green, blue)
    return WHITE if contrast(color, WHITE) >= contrast(color, BLACK) / 4 else BLACK


def fit_logo(width: int | None, height: int | None) -> tuple[int, int]:
    """The size in which a logo of so many pixels is shown, in CSS pixels."""
    if not width or not height:
        return SHOWN_HEIGHT, SHOWN_HEIGHT
    scale = min(SHOWN_WIDTH / width, SHOWN_HEIGHT / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
