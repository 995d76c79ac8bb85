"""Drawn pictures of the demo's resources: one file for all that show the same."""

from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage

from demo.blueprint import ResourceSpec

FOLDER = Path(__file__).parent / "photos"
ALT = {
    "court-1": "A green badminton court with its net, and a shuttlecock in the air",
    "equipment-1": "Two bicycles with baskets in front of a brick wall",
    "equipment-2": "A small white projector throwing its light to the right",
    "hall-1": "Rows of chairs before a stage with a red curtain",
    "lodging-1": "A double bed with a green blanket beside a window",
    "lodging-2": "A double bed with an orange blanket in the evening light",
    "person-1": "A smiling woman with long brown hair",
    "person-2": "A smiling man with short dark hair",
    "room-1": "A long table with chairs, a screen on the wall and a plant",
    "room-2": "A meeting room under wooden beams with notes on the wall",
    "room-3": "A drum kit between two loudspeakers under green lamps",
    "seats-1": "Coloured mats in front of three windows",
    "seats-2": "A workbench with a vise, and tools on the wall",
    "service-1": "A massage table beside a plant, with candles on a shelf",
    "table-1": "A table laid for two at a window in the evening",
    "table-2": "A table laid for two between two windows",
    "vehicle-1": "A white and green electric van on the road",
}
# Resources that look different from the first picture of their kind.
SPECIAL = {
    "millers-parlour": "room-2",
    "granary": "room-2",
    "rehearsal-cellar": "room-3",
    "club-room": "room-3",
    "podcast-booth": "room-3",
    "table-two": "table-2",
    "table-four": "table-2",
    "jonas-weber": "person-2",
    "mill-race-apartment": "lodging-2",
    "projectors": "equipment-2",
    "workbenches": "seats-2",
}


def picture_of(thing: ResourceSpec) -> dict[str, str]:
    """The fields ``photo`` and ``photo_alt``; the file is stored once."""
    name = SPECIAL.get(thing.slug, f"{thing.kind}-1")
    stored = f"resources/demo-{name}.webp"
    if not default_storage.exists(stored):
        with (FOLDER / f"{name}.webp").open("rb") as file:
            stored = default_storage.save(stored, File(file))
    return {"photo": stored, "photo_alt": ALT[name]}
