"""Whatever colour a venue has, everything painted with it can be read."""

import re

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import strategies as st

from common import palette
from common.palette import Palette, contrast, make_palettes, read_color, write_color, write_stylesheet

TOKENS = (settings.BASE_DIR / "static/css/tokens.css").read_text().split("prefers-color-scheme: dark")
GROUNDS = ("ground", "surface", "raised", "good-soft", "warn-soft", "bad-soft", "info-soft")
READ = (
    *[(text, ground) for text in ("brand", "brand-strong") for ground in (*GROUNDS, "brand-soft")],
    *[(text, "brand-soft") for text in ("ink", "muted")],
    *[("on-brand", ground) for ground in ("brand", "brand-strong")],
)
"""The pairs of text and ground of ``tests/test_design.py`` that a venue's colour has a part in."""
colors = st.tuples(*[st.integers(0, 255)] * 3).map(write_color)


def painted(scheme: int, shades: Palette) -> dict[str, str]:
    """The colours of the pages in light (0) or dark (1) with these in place of the product's."""
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", TOKENS[scheme]))
    return tokens | {name.replace("_", "-"): getattr(shades, name) for name in Palette.__slots__}


@given(colors)
@example("#000000")
@example("#ffffff")
@example("#ffff00")
@example("#0000ff")
@example("#808080")
def test_every_colour_can_be_read_in_light_and_dark(color: str) -> None:
    shades = make_palettes(color)
    for scheme, own in enumerate((shades.light, shades.dark)):
        colours = painted(scheme, own)
        measured = {(a, b): contrast(read_color(colours[a]), read_color(colours[b])) for a, b in READ}
        assert {pair: ratio for pair, ratio in measured.items() if ratio < 4.5} == {}, color


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert make_palettes("#0f5c4a").light.brand == "#0f5c4a"
    assert make_palettes("#FFCC00").dark.brand == "#ffcc00"


def test_without_a_colour_everything_looks_as_the_pages_do() -> None:
    ours = make_palettes("")
    for scheme, own in enumerate((ours.light, ours.dark)):
        assert painted(scheme, own) == painted(scheme, Palette(**_tokens_of(scheme)))
    grounds = [tuple(_read_token(scheme, name) for name in GROUNDS) for scheme in (0, 1)]
    assert grounds == [palette.LIGHT_GROUNDS, palette.DARK_GROUNDS]


def _tokens_of(scheme: int) -> dict[str, str]:
    return {name: _read_token(scheme, name.replace("_", "-")) for name in Palette.__slots__}


def _read_token(scheme: int, name: str) -> str:
    found = re.search(rf"--{name}: (#[0-9a-f]{{6}});", TOKENS[scheme])
    assert found
    return found[1]


def test_the_stylesheet_paints_both_and_is_small() -> None:
    text = write_stylesheet("#b3261e")
    light, dark = text.split("prefers-color-scheme:dark")
    assert "--brand:#b3261e;" in light
    assert f"--brand:{make_palettes('#b3261e').dark.brand};" in dark
    assert text.startswith("@layer tokens{")
    assert text.count("{") == text.count("}")
    assert len(text) < 400


@pytest.mark.parametrize("text", ["none", "red", "#fff", "#12345g", "#1234567", "0f5c4a", "#0f5c4a;}"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        read_color(text)
