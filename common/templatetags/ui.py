"""Pieces of pages that are more than text."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
TURNING = ("back", "forward", "signout")
"""Pictures that point the way the writing runs; where it runs from right to left they are mirrored."""


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A picture of ``static/img/icons.svg``; without a ``label`` it only decorates and is not read out."""
    said = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    kind = "icon icon-turns" if name in TURNING else "icon"
    shape = f"{static('img/icons.svg')}#{name}"
    return format_html('<svg class="{}" {} focusable="false"><use href="{}"/></svg>', kind, said, shape)
