from typing import Any

from django import template

from accounts.admin_lists import date_choices

register = template.Library()


@register.inclusion_tag("admin/date_hierarchy.html")
def long_date_hierarchy(changelist: Any) -> dict[str, Any]:
    return date_choices(changelist)
