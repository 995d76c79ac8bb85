"""What each role may do at a venue, in words for whoever gives it."""

from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.products import role_rights
from resources.enums import Role

OF_PLACES: dict[Role, str | Promise] = {
    Role.MANAGER: _("everything staff can do, plus change places, hours, prices, texts and the team"),
    Role.STAFF: _("see and change all bookings, take payments, block times"),
    Role.FACILITATOR: _("see the bookings they lead"),
}


def register() -> None:
    role_rights.register("places", OF_PLACES)


def describe_roles() -> SafeString:
    lines = [
        (role.label, "; ".join(str(rights[role]) for rights in role_rights if role in rights))
        for role in Role
    ]
    return format_html_join(SafeString("<br> "), "<strong>{}</strong>: {}.", lines)


class DescribesRoles:
    """For admins and inlines with a field ``role``."""

    def formfield_for_choice_field(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "role":
            kwargs["help_text"] = describe_roles()
        return super().formfield_for_choice_field(db_field, request, **kwargs)  # type: ignore[misc]
