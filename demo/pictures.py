"""Drawn pictures of the demo's venues and resources; each resource has its own."""

from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage

from demo.blueprint import ResourceSpec
from demo.workshop import WORKSHOP
from resources.logos import draw_logo

FOLDER = Path(__file__).parent / "photos"
LOGOS = Path(__file__).parent / "logos"
ALT = {
    "court-1": "A green badminton court with its net, and a shuttlecock in the air",
    "court-2": "A blue badminton court under an old crane, and a racket",
    "equipment-1": "Two bicycles with baskets in front of a brick wall",
    "equipment-2": "A small white projector throwing its light to the right",
    "equipment-3": "A red cargo bicycle with a wooden box, on a country road",
    "hall-1": "Rows of chairs before a stage with a red curtain",
    "hall-2": "A bar with stools beside three tall doors to the courtyard",
    "hall-3": "Many rows of green chairs before a stage, under two chandeliers",
    "lent-test-bench-a": "Instruments in a rack and an oscilloscope on a workbench",
    "lent-test-bench-b": "A climate chamber with snowflakes beside instruments in a rack",
    "lent-printer-3d": "A 3D printer printing a green vase, beside a spool of yellow filament",
    "lent-laptops": "Three open laptops on a wooden table",
    "lent-camera-kit": "A green camera bag, and a camera on a tripod",
    "lent-camera-body": "A black camera with a large lens",
    "lent-zoom-lens": "A long black zoom lens lying on a table",
    "lent-tripod": "A tripod before hills in the evening sun",
    "lent-cargo-trike": "A yellow cargo trike with boxes on a road",
    "lent-film-projector": "A red film projector with two reels under the stars",
    "lent-laser-cutter": "A laser cutter engraving a board",
    "lent-oscilloscope": "An oscilloscope with a yellow and a green trace",
    "lent-cordless-drills": "A green and a red cordless drill on a workbench",
    "lent-darkroom-key": "A brass key before photos that hang to dry in red light",
    "lodging-1": "A double bed with a green blanket beside a window",
    "lodging-2": "A double bed with an orange blanket in the evening light",
    "person-1": "A smiling woman with long brown hair",
    "person-2": "A smiling man with short dark hair",
    "person-3": "A smiling woman with dark curls and a camera",
    "room-1": "A long table with chairs, a screen on the wall and a plant",
    "room-2": "A meeting room under wooden beams with notes on the wall",
    "room-3": "A drum kit between two loudspeakers under green lamps",
    "room-4": "Two microphones and headphones on a desk between padded walls",
    "room-5": "A small bar and a mirror ball over a dance floor in coloured light",
    "room-6": "A camera, a lamp and a white backdrop beside tall windows",
    "room-7": "A small table with two green chairs in a panelled room",
    "seats-1": "Coloured mats in front of three windows",
    "seats-2": "A workbench with a vise, and tools on the wall",
    "service-1": "A massage table beside a plant, with candles on a shelf",
    "service-2": "A massage chair beside a window, with candles on a shelf",
    "table-1": "A table laid for two at a window in the evening",
    "table-3": "A table laid for two beside a green tiled stove",
    "table-4": "A round table with four green chairs before two windows",
    "table-5": "A table before a red bench along the wall",
    "table-6": "A long table laid for eight before three windows in the evening",
    "vehicle-1": "A white and green electric van on the road",
}
# Resources that do not show the first picture of their kind.
OWN = {
    "millers-parlour": "room-7",
    "granary": "room-2",
    "rehearsal-cellar": "room-3",
    "podcast-booth": "room-4",
    "club-room": "room-5",
    "daylight-studio": "room-6",
    "hall-south": "hall-2",
    "great-hall": "hall-3",
    "court-two": "court-2",
    "massage-45": "service-2",
    "table-two": "table-3",
    "table-three": "table-4",
    "table-four": "table-5",
    "tables-three-and-four": "table-6",
    "jonas-weber": "person-2",
    "maya-torres": "person-3",
    "mill-race-apartment": "lodging-2",
    "projectors": "equipment-2",
    "cargo-bikes": "equipment-3",
    "workbenches": "seats-2",
} | {thing.slug: f"lent-{thing.slug}" for thing in WORKSHOP.resources}


def picture_of(thing: ResourceSpec) -> dict[str, str]:
    """The fields ``photo`` and ``photo_alt``; the file is stored once."""
    name = OWN.get(thing.slug, f"{thing.kind}-1")
    stored = f"resources/demo-{name}.webp"
    if not default_storage.exists(stored):
        with (FOLDER / f"{name}.webp").open("rb") as file:
            stored = default_storage.save(stored, File(file))
    return {"photo": stored, "photo_alt": ALT[name]}


def logo_of(slug: str) -> dict[str, Any]:
    """The fields of a venue's logo, as if somebody had uploaded it."""
    with (LOGOS / f"{slug}.png").open("rb") as file:
        logo = draw_logo(file)
    return {"logo": logo, "logo_width": logo.width, "logo_height": logo.height}
