"""A group looks like its members: one picture of up to four of their photos."""

import hashlib
from collections.abc import Sequence
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image, ImageOps

from resources.models import ResourceGroup
from resources.photos import FOLDER, SIZES, WEBP, NoPicture, render_photo

MOST = 4
SHAPE = 8 / 5
GAP = 6
NOTHING = (255, 255, 255, 0)
Box = tuple[float, float, float, float]
LAYOUTS: dict[int, list[Box]] = {
    1: [(0, 0, 1, 1)],
    2: [(0, 0, 0.5, 1), (0.5, 0, 1, 1)],
    3: [(0, 0, 0.5, 1), (0.5, 0, 1, 0.5), (0.5, 0.5, 1, 1)],
    4: [(0, 0, 0.5, 0.5), (0.5, 0, 1, 0.5), (0, 0.5, 0.5, 1), (0.5, 0.5, 1, 1)],
}
"""Where each photo lies, as shares of width and height: left, top, right, bottom."""


def render_collage(group: ResourceGroup, size: str) -> bytes:
    """As WebP, made once for the same photos; a clear point where no member has a photo that can be shown."""
    names = _list_photos(group)
    key = hashlib.sha256("\n".join([size, *names]).encode()).hexdigest()[:32]
    storage, target = storages["renditions"], f"{FOLDER}/collages/{key}.webp"
    if storage.exists(target):
        with storage.open(target) as file:
            return bytes(file.read())
    drawn = _draw(names, SIZES[size])
    storage.save(target, ContentFile(drawn))
    return drawn


def _list_photos(group: ResourceGroup) -> list[str]:
    """Different ones, of what can be booked, in the group's order."""
    members = group.member_links.filter(resource__is_active=True).exclude(resource__photo="")
    names = members.order_by("position", "pk").values_list("resource__photo", flat=True)
    return list(dict.fromkeys(names))[:MOST]


def _draw(names: Sequence[str], width: int) -> bytes:
    photos = [photo for name in names if (photo := _open(name)) is not None]
    whole = _lay_out(photos, width) if photos else Image.new("RGBA", (1, 1), NOTHING)
    out = BytesIO()
    whole.save(out, **WEBP)
    return out.getvalue()


def _open(name: str) -> Image.Image | None:
    try:
        return Image.open(BytesIO(render_photo(name, "large")))
    except NoPicture:
        return None


def _lay_out(photos: Sequence[Image.Image], width: int) -> Image.Image:
    height = round(width / SHAPE)
    whole = Image.new("RGB", (width, height), "white")
    for photo, (left, top, right, bottom) in zip(photos, LAYOUTS[len(photos)], strict=True):
        # Half of the gap at each edge that is not the whole picture's.
        x, y = round(left * width) + (GAP // 2 if left else 0), round(top * height) + (GAP // 2 if top else 0)
        end_x = round(right * width) - (GAP // 2 if right < 1 else 0)
        end_y = round(bottom * height) - (GAP // 2 if bottom < 1 else 0)
        whole.paste(ImageOps.fit(photo.convert("RGB"), (end_x - x, end_y - y)), (x, y))
    return whole
