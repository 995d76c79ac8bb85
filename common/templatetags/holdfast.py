"""Filters for templates: money, durations."""

from decimal import Decimal

from babel.numbers import format_currency
from django import template
from django.utils.translation import get_language, ngettext, to_locale

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """``25.00`` and ``EUR`` in the visitor's language: €25.00, 25,00 €."""
    return str(format_currency(amount, currency, locale=to_locale(get_language() or "en")))


@register.filter
def minutes(value: int) -> str:
    """90 as "1 hour 30 minutes"."""
    days, rest = divmod(value, 1440)
    hours, left = divmod(rest, 60)
    parts = [
        (days, ngettext("%d day", "%d days", days)),
        (hours, ngettext("%d hour", "%d hours", hours)),
        (left, ngettext("%d minute", "%d minutes", left)),
    ]
    return " ".join(text % number for number, text in parts if number)
