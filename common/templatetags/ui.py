"""Pieces of pages that are more than text."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A picture of ``static/img/icons.svg``; without a ``label`` it only decorates and is not read out."""
    said = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    shape = f"{static('img/icons.svg')}#{name}"
    return format_html('<svg class="icon" {} focusable="false"><use href="{}"/></svg>', said, shape)
