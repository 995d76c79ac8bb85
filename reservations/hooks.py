"""Where apps above add to pages of this one."""

from collections.abc import Callable

from django.http import HttpRequest

above_own_bookings: list[Callable[[HttpRequest], str]] = []
"""Each gives safe HTML for the top of "My bookings", or nothing. Filled by the ``ready`` of the apps."""


def shown_above(request: HttpRequest) -> list[str]:
    return [html for each in above_own_bookings if (html := each(request))]
