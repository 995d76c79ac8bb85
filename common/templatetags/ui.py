import re
from fnmatch import fnmatch
from typing import Any

from django import template
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, Field, RadioSelect
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.errors import DomainError, InvalidInput
from common.languages import base_language
from common.menu import Audience, MenuEntry, list_entries, menu_entries
from common.page_errors import PageError, list_page_errors
from common.second_factor import are_roles_resting
from common.venues import Viewer, directory

register = template.Library()

# Parts of the site with their views; the first that matches counts, after entries that apps add.
SECTIONS = {
    "find": ("home", "resource-*", "hold"),
    "account": ("account*", "mfa_*", "usersessions_*", "socialaccount_*", "calendar-feed*"),
    "calendar": ("calendar*", "timeline*"),
    "cart": ("cart*",),
    "mine": ("my-*", "reservation-*"),
}

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
    "called_off": "close",
    "open": "clock",
    "accepted": "check",
    "paid": "check",
    "unpaid": "money",
    "partly_paid": "money",
    "refunded": "repeat",
    "partly_refunded": "repeat",
    "nothing_due": "minus",
}


# Icons that point along the line, and so the other way where text runs from right to left.
TURNING = {"back", "forward", "move", "signout"}
# What a browser's own description contains, the specific before the general, and its usual name.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}
WHITE_SPACE = re.compile(r"[ \t\r\n]+")


@register.simple_tag
def roles_rest(user: Viewer) -> bool:
    return are_roles_resting(user)


@register.simple_tag
def works_anywhere(user: Viewer) -> bool:
    return directory().works_anywhere(user)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of ``static/img/icons.svg``; without a ``label`` it is not read out."""
    accessible_name = (
        format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    )
    shape = f"{static('img/icons.svg')}#{name}"
    look = "icon icon-turns" if name in TURNING else "icon"
    return format_html(
        '<svg class="{}" {} focusable="false"><use href="{}"/></svg>', look, accessible_name, shape
    )


@register.simple_block_tag
def compact(content: str) -> SafeString:
    """Indents become one space each: parts with thousands of tags would weigh twice as much."""
    return SafeString(WHITE_SPACE.sub(" ", content))


@register.simple_tag
def absolute_static(path: str) -> str:
    return f"{settings.SITE_URL}{static(path)}"


@register.simple_tag(takes_context=True)
def legal_links(context: Context) -> list[tuple[str, str]]:
    """What a page has to lead to, as (label, address): its venue's (``face``), else the installation's.

    Where an address has ``{language}`` in it, each visitor is led to the page in theirs.
    """
    labels = {"privacy": _("Privacy policy"), "terms": _("Terms"), "imprint": _("Imprint")}
    venue, ours = context.get("face"), settings.LEGAL_PAGES
    addresses = {name: getattr(venue, f"{name}_url", "") or ours[name] for name in labels}
    spoken = base_language(get_language() or settings.LANGUAGE_CODE)
    return [
        (labels[name], address.replace("{language}", spoken))
        for name, address in addresses.items()
        if address
    ]


@register.simple_tag(takes_context=True)
def section(context: Context) -> str:
    """The part of the site that the page belongs to; empty for none."""
    match = getattr(context.get("request"), "resolver_match", None)
    view = match.url_name or "" if match and not match.namespaces else ""
    sections = {name: entry.pages for name, entry in menu_entries.items()} | SECTIONS
    matching = (name for name, views in sections.items() if any(fnmatch(view, pattern) for pattern in views))
    return next(matching, "")


@register.simple_tag(takes_context=True)
def menu(context: Context, audience: str = Audience.SIGNED_IN) -> list[tuple[str, MenuEntry]]:
    # Pages of errors may know nobody.
    return list_entries(context.get("user") or AnonymousUser(), Audience(audience))


@register.simple_tag(takes_context=True)
def current(context: Context, *views: str) -> SafeString:
    """``aria-current="page"`` where one of the views, or a pattern like ``mfa_*``, is being shown."""
    match = getattr(context.get("request"), "resolver_match", None)
    view = match.view_name if match else ""
    is_current = any(fnmatch(view, pattern) for pattern in views)
    return SafeString('aria-current="page"' if is_current else "")


@register.simple_tag(takes_context=True)
def list_errors(context: Context) -> list[PageError]:
    """What is wrong with the page's forms."""
    return list_page_errors({id(value): value for value in context.flatten().values()}.values())


@register.filter
def is_told(problem: DomainError | None, errors: list[PageError]) -> bool:
    """Whether the list of errors says all that the refusal says."""
    return isinstance(problem, InvalidInput) and bool(errors) and bool(problem.fields)


@register.filter
def in_our_words(field: BoundField) -> BoundField:
    """What a browser says of a field left empty is what the server would say; static/js/ui.js reads it."""
    message = field.field.error_messages.get("required")
    if field.field.required and message and message != Field.default_error_messages["required"]:
        field.field.widget.attrs.setdefault("data-missing", message)
    return field


@register.filter
def tone(level_tag: str) -> str:
    """A message's level as good, warn, bad or info."""
    return TONES.get(level_tag, "info")


@register.filter
def tone_icon(tone: str) -> str:
    return TONE_ICONS.get(tone, "info")


@register.filter
def status_icon(status: str) -> str:
    return STATUS_ICONS.get(status, "info")


@register.filter
def layout(field: BoundField) -> str:
    """``check`` (its label beside it), ``choices`` (a group) or ``line``."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "check"
    return "choices" if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)) else "line"


@register.filter
def unprompted(field: BoundField) -> BoundField:
    # A hint inside the field that only repeats its label.
    field.field.widget.attrs.pop("placeholder", None)
    return field


@register.filter
def page_numbers(page: Page[Any]) -> list[int]:
    """The numbers that a pager shows, 0 for a gap: 1, 0, 4, 5, 6, 0, 9."""
    last = page.paginator.num_pages
    near = {number for number in range(page.number - 1, page.number + 2) if 1 <= number <= last}
    shown = sorted(near | {1, last})
    pairs = zip([0, *shown], shown, strict=False)
    return [
        shown_number
        for before, number in pairs
        for shown_number in ([0] if number > before + 1 else []) + [number]
    ]


@register.filter
def device(user_agent: str) -> str:
    """A user agent in people's words: Firefox, Windows."""
    names = [
        next((name for mark, name in names_by_mark.items() if mark in user_agent), "")
        for names_by_mark in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, names)) or str(_("Another program"))
