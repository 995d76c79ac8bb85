"""From one colour to the four that pages and mails need, readable on their grounds in light and dark."""

import colorsys
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

COLOR = re.compile(r"#[0-9a-f]{6}")
READABLE, EASY, CLEAR = 4.5, 5.5, 7
"""Contrasts of text: the least (WCAG 2, AA); in the dark, where it tires; of the stronger shade."""
CALM = 0.8
"""The share of a colour's saturation that it keeps in the dark, where it glows."""
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
STEPS = 100
LIGHT_GROUNDS = ("#f7f4ec", "#fffefb", "#f3efe4", "#e1f1e5", "#fbeed3", "#fbe7e4", "#e3eff5")
DARK_GROUNDS = ("#121714", "#1a211d", "#232c27", "#1a3526", "#392c14", "#42201f", "#18303c")
"""On which links stand: the three of pages and those of notes, in static/css/tokens.css."""

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """What acts, the same under a pointer, a soft ground for it, and text on it: ``#rrggbb`` each."""

    brand: str
    brand_strong: str
    brand_soft: str
    on_brand: str


@dataclass(frozen=True, slots=True)
class Palettes:
    light: Palette
    dark: Palette


OURS = Palettes(
    Palette("#0f5c4a", "#0a4437", "#e2efe7", "#ffffff"), Palette("#7fd6ba", "#a8e8d3", "#1c382f", "#06251c")
)


@lru_cache(maxsize=256)
def make_palettes(color: str) -> Palettes:
    """For a colour like ``#0f5c4a``; without one, the product's own."""
    if not color:
        return OURS
    return Palettes(_make_light(read_color(color)), _make_dark(read_color(color)))


def _make_light(color: Rgb) -> Palette:
    soft = mix(color, WHITE, 0.88)
    grounds = [soft, *map(read_color, LIGHT_GROUNDS)]
    brand = _until_readable(color, BLACK, grounds, READABLE)
    strong = _until_readable(shade(brand, BLACK, 0.25), BLACK, grounds, CLEAR)
    return Palette(*map(write_color, (brand, strong, soft, WHITE)))


def _make_dark(color: Rgb) -> Palette:
    soft = mix(_darken(color), read_color(DARK_GROUNDS[1]), 0.75)
    grounds = [soft, *map(read_color, DARK_GROUNDS)]
    brand = color if _is_readable(color, grounds, EASY) else _calm(color)
    brand = _until_readable(brand, WHITE, grounds, EASY)
    strong = _until_readable(shade(brand, WHITE, 0.4), WHITE, grounds, CLEAR)
    on_brand = _until_readable(shade(color, BLACK, 0.8), BLACK, [brand, strong], READABLE)
    return Palette(*map(write_color, (brand, strong, soft, on_brand)))


def _darken(color: Rgb) -> Rgb:
    """Dark enough that what is light can be read on a mixture of it."""
    return _first(color, BLACK, lambda shaded: luminance(shaded) <= 0.12)


def _calm(color: Rgb) -> Rgb:
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in color))
    return _scale(colorsys.hls_to_rgb(hue, lightness, saturation * CALM))


def _until_readable(color: Rgb, towards: Rgb, grounds: Sequence[Rgb], least: float) -> Rgb:
    """The shade nearest to the colour that can be read on all grounds: its hue is kept."""
    return _first(color, towards, lambda shaded: _is_readable(shaded, grounds, least))


def _is_readable(color: Rgb, grounds: Sequence[Rgb], least: float) -> bool:
    return min(contrast(color, ground) for ground in grounds) >= least


def _first(color: Rgb, towards: Rgb, is_enough: Callable[[Rgb], bool]) -> Rgb:
    shades = (shade(color, towards, step / STEPS) for step in range(STEPS))
    return next(filter(is_enough, shades), towards)


def shade(color: Rgb, towards: Rgb, share: float) -> Rgb:
    """As light or dark as a mixture with white or black, but as strong a colour as before."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in color))
    goal = towards[0] / 255
    return _scale(colorsys.hls_to_rgb(hue, lightness + (goal - lightness) * share, saturation))


def _scale(parts: Iterable[float]) -> Rgb:
    red, green, blue = (round(part * 255) for part in parts)
    return red, green, blue


def mix(color: Rgb, other: Rgb, share: float) -> Rgb:
    """``share`` of the other, from 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """As WCAG 2 defines it, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def read_color(text: str) -> Rgb:
    """Raises ``ValueError`` for anything but ``#rrggbb``."""
    if not COLOR.fullmatch(text.lower()):
        raise ValueError(text)
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def write_color(color: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def write_stylesheet(color: str) -> str:
    """Paints the pages of whoever has this colour: it comes after static/css/tokens.css."""
    shades = make_palettes(color)
    return (
        f"@layer tokens{{:root{{{_write_tokens(shades.light)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{_write_tokens(shades.dark)}}}}}}}\n"
    )


def _write_tokens(palette: Palette) -> str:
    return (
        f"--brand:{palette.brand};--brand-strong:{palette.brand_strong};"
        f"--brand-soft:{palette.brand_soft};--on-brand:{palette.on_brand}"
    )
