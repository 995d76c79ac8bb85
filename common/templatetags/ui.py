"""Pieces of pages that are more than text."""

from fnmatch import fnmatch
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.menu import MenuEntry
from common.menu import menu as entries

register = template.Library()

SECTIONS = {
    "find": ("home", "resource-*", "hold"),
    "account": ("account*", "mfa_*", "usersessions_*", "socialaccount_*", "calendar-feed*"),
    "calendar": ("calendar*", "timeline*"),
    "cart": ("cart*",),
    "mine": ("my-*", "reservation-*"),
}
"""The parts of the site that the masthead leads to, with their views; the first that fits counts.

What apps add to the menu comes before them."""

TONES = {"success": "good", "warning": "warn", "error": "bad"}
TONE_ICONS = {"good": "check", "warn": "warning", "bad": "error", "info": "info"}
STATUS_ICONS = {
    "held": "hourglass",
    "pending": "clock",
    "confirmed": "check",
    "checked_in": "person",
    "completed": "star",
    "cancelled": "close",
    "declined": "block",
    "expired": "hourglass",
    "no_show": "warning",
    "waiting": "list",
    "contacted": "bell",
    "booked": "check",
    "left": "signout",
    "open": "clock",
    "accepted": "check",
    "paid": "check",
    "unpaid": "money",
    "partly_paid": "money",
    "refunded": "repeat",
    "partly_refunded": "repeat",
    "nothing_due": "minus",
}
"""States of bookings, of people who wait, of offers and of money, each with its shape."""


TURNING = {"back", "forward", "move", "signout"}
"""Icons that point along the line, and so the other way where one reads from right to left."""
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}
"""What stands in a browser's own description, the telling before the general, and how people call it."""


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A picture of ``static/img/icons.svg``; without a ``label`` it only decorates and is not read out."""
    said = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    shape = f"{static('img/icons.svg')}#{name}"
    look = "icon icon-turns" if name in TURNING else "icon"
    return format_html('<svg class="{}" {} focusable="false"><use href="{}"/></svg>', look, said, shape)


@register.simple_tag
def absolute_static(path: str) -> str:
    """The address of a static file with its site, as programs elsewhere need it."""
    return f"{settings.SITE_URL}{static(path)}"


@register.simple_tag(takes_context=True)
def section(context: Context) -> str:
    """The part of the site that the page belongs to, by its name; empty for none."""
    match = getattr(context.get("request"), "resolver_match", None)
    view = match.url_name or "" if match and not match.namespaces else ""
    sections = {name: entry.pages for name, entry in entries.items()} | SECTIONS
    fitting = (name for name, views in sections.items() if any(fnmatch(view, each) for each in views))
    return next(fitting, "")


@register.simple_tag
def menu() -> list[tuple[str, MenuEntry]]:
    """What apps have added to the menu, by the name of the section."""
    return entries.items()


@register.simple_tag(takes_context=True)
def current(context: Context, *views: str) -> SafeString:
    """``aria-current="page"`` where one of the views is being shown; ``mfa_*`` stands for all of a kind."""
    match = getattr(context.get("request"), "resolver_match", None)
    view = match.view_name if match else ""
    here = any(fnmatch(view, each) for each in views)
    return SafeString('aria-current="page"' if here else "")


@register.filter
def tone(level_tag: str) -> str:
    """How a message of Django's levels looks: good, warn, bad or info."""
    return TONES.get(level_tag, "info")


@register.filter
def tone_icon(tone: str) -> str:
    return TONE_ICONS.get(tone, "info")


@register.filter
def status_icon(status: str) -> str:
    """The shape beside a state's word, so that its colour is not alone."""
    return STATUS_ICONS.get(status, "info")


@register.filter
def layout(field: BoundField) -> str:
    """How a field is laid out: ``check`` (its label beside it), ``choices`` (a group) or ``line``."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "check"
    return "choices" if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)) else "line"


@register.filter
def unprompted(field: BoundField) -> BoundField:
    """Without the hint inside the field, where it only says again what the label says."""
    field.field.widget.attrs.pop("placeholder", None)
    return field


@register.filter
def page_numbers(page: Page[Any]) -> list[int]:
    """The numbers that a pager shows, 0 for a gap: 1, 0, 4, 5, 6, 0, 9."""
    last = page.paginator.num_pages
    near = {number for number in range(page.number - 1, page.number + 2) if 1 <= number <= last}
    shown = sorted(near | {1, last})
    pairs = zip([0, *shown], shown, strict=False)
    return [each for before, number in pairs for each in ([0] if number > before + 1 else []) + [number]]


@register.filter
def device(user_agent: str) -> str:
    """A browser's description of itself in people's words: Firefox, Windows."""
    names = [
        next((name for mark, name in known.items() if mark in user_agent), "")
        for known in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, names)) or str(_("Another program"))
