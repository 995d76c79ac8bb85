"""The colours can be read, and what is said of them elsewhere is true: docs/design.md."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from common.site import GROUND
from tooling.styleguide import COLOURS

CSS = Path(settings.BASE_DIR) / "static" / "css"
HEX = re.compile(r"#[0-9a-f]{6}\b")
TONES = ("good", "warn", "bad", "info")
GROUNDS = ("ground", "surface", "raised")
TEXTS = (
    *[(text, ground) for text in ("ink", "muted", "brand", "brand-strong", "bad") for ground in GROUNDS],
    *[(text, f"{tone}-soft") for tone in TONES for text in (tone, "ink")],
    *[(text, "brand-soft") for text in ("ink", "muted", "brand", "brand-strong")],
    *[("on-brand", "brand"), ("on-brand", "brand-strong"), ("on-bad", "bad")],
)
EDGES = [(edge, ground) for edge in ("line-strong", "brand", *TONES) for ground in GROUNDS]


def tokens() -> dict[str, dict[str, str]]:
    light, dark = (CSS / "tokens.css").read_text().split("prefers-color-scheme: dark")
    found = {name: _colours(text) for name, text in (("light", light), ("dark", dark))}
    assert found["light"].keys() == found["dark"].keys()
    return found


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, 4.5), (EDGES, 3)], ids=["texts", "edges"])
def test_everything_can_be_told_from_its_ground(
    scheme: str, pairs: list[tuple[str, str]], least: float
) -> None:
    colours = tokens()[scheme]
    measured = {(front, back): contrast(colours[front], colours[back]) for front, back in pairs}
    assert {pair: ratio for pair, ratio in measured.items() if ratio < least} == {}


def test_colours_stand_in_one_place() -> None:
    """The admin has variables of its own, and the system paints before a style is read: both repeat them."""
    known = {value for colours in tokens().values() for value in colours.values()}
    for path in CSS.glob("*.css"):
        used = set(HEX.findall(path.read_text()))
        if path.name == "admin.css":
            assert used <= known
        elif path.name != "tokens.css" and path.name != "api-docs.css":
            assert used == set(), path.name
    head = (Path(settings.BASE_DIR) / "templates/components/head.html").read_text()
    assert HEX.findall(head) == [tokens()[scheme]["ground"] for scheme in ("light", "dark")]
    assert tokens()["light"]["ground"] == GROUND
    assert set(COLOURS) == set(tokens()["light"]) - {"mark"}


@pytest.mark.parametrize("path", sorted(CSS.glob("*.css")), ids=lambda path: path.name)
def test_styles_are_written_for_every_direction(path: Path) -> None:
    """Left and right turn round in some languages: inline-start and inline-end turn with them."""
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    physical = re.findall(
        r"(?:margin|padding|border)-(?:left|right|top|bottom)\b|[;{] *(?:left|right):", text
    )
    assert physical == []


def test_no_page_asks_how_a_screen_is_held() -> None:
    sheets = list(CSS.glob("*.css"))
    assert sheets
    assert [sheet.name for sheet in sheets if "orientation" in sheet.read_text()] == []
