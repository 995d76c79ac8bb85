"""What the database's constraints demand, said in words before it refuses."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.registry import Registry

resource_checks: Registry[Callable[[Any], dict[str, str | Promise]]] = Registry("checks of resources")
"""What a product says of a change of its own resources, by the name they bear as ``extension``."""


class KeptAmounts(NamedTuple):
    """What of a venue is in its currency, and whether there is any; by the venue's key."""

    name: str | Promise
    are_there: Callable[[int], bool]


kept_amounts: Registry[KeptAmounts] = Registry("amounts in a venue's currency")


def check_currency(venue_id: int) -> None:
    """Raises ``ValidationError`` about another one: twenty euros are not twenty yen."""
    kept = [str(amounts.name) for amounts in kept_amounts if amounts.are_there(venue_id)]
    if kept:
        said = _("The currency can't be changed while there are amounts in it: %(kept)s.")
        raise ValidationError({"currency": said % {"kept": ", ".join(kept)}})


def check_dates(row: models.Model, first: str, last: str) -> None:
    """Raises ``ValidationError`` about ``last`` when it lies before ``first``."""
    begin, end = getattr(row, first), getattr(row, last)
    if begin and end and end < begin:
        raise ValidationError({last: _("Enter a date on or after the first day.")})


def check_times(row: models.Model) -> None:
    for given, missing in (("start_time", "end_time"), ("end_time", "start_time")):
        if getattr(row, given) is not None and getattr(row, missing) is None:
            raise ValidationError({missing: _("Enter both times or neither.")})


def check_at_least(row: models.Model, name: str, least: str) -> None:
    value, bound = getattr(row, name), getattr(row, least)
    if value is not None and bound is not None and value < bound:
        label = row._meta.get_field(least).verbose_name  # type: ignore[union-attr]
        raise ValidationError({name: _("Enter a value no smaller than: %(other)s.") % {"other": label}})
