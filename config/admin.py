from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.db import DataError, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.admin_clock import on_the_venues_clock
from accounts.admin_scope import venue_ids
from common.numbers import NoSuchValue, is_no_value
from common.second_factor import are_roles_resting
from notifications.channels import can_send
from notifications.enums import Channel

COMPARED = {"exact", "in", "isnull", "isempty", "gt", "gte", "lt", "lte"}
LOOKUPS_OF_LINKS = {*COMPARED, "date", "year", "month", "day"}
"""What Django's filters and hierarchies of dates put behind a column's name."""
OTHER_LOOKUPS = {
    name
    for kind in vars(models).values()
    if isinstance(kind, type) and issubclass(kind, models.Field)
    for name in kind.get_class_lookups()
} - LOOKUPS_OF_LINKS


def _refuse_other_lookups(request: HttpRequest) -> None:
    """A broken pattern, a range of one value, what a database cannot. Raises ``NoSuchValue``."""
    if any(name.rpartition("__")[2] in OTHER_LOOKUPS for name in request.GET if "__" in name):
        raise NoSuchValue


def _refuse_forged_values(view: Any) -> Any:
    """Django looks for whatever is sent as a row's key, a filter's value or an object of an action."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _refuse_other_lookups(request)
        try:
            return view(request, *args, **kwargs)
        except (ValidationError, ValueError, DataError) as error:
            if is_no_value(error):
                raise NoSuchValue from error
            raise

    return wrapped


class HoldfastAdminSite(AdminSite):
    site_header = _("Holdfast")
    site_title = _("Holdfast")
    index_title = _("Your venues")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"no_mail": not can_send(Channel.EMAIL)}

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever has a role at a venue; accounts of staff without one may enter and see nothing."""
        user = request.user
        may_enter = user.is_active and (user.is_staff or bool(venue_ids(user)))
        return may_enter and not are_roles_resting(user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(_refuse_forged_values(on_the_venues_clock(view)), cacheable)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Through the one sign-in page, so that its rate limits and second factors hold here, too."""
        if are_roles_resting(request.user):
            return redirect("mfa_index")
        login: Callable[..., HttpResponse] = secure_admin_login(super().login)
        return login(request, extra_context)
