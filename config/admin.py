from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from notifications.channels import can_send
from notifications.enums import Channel


class HoldfastAdminSite(AdminSite):
    site_header = _("Holdfast")
    site_title = _("Holdfast")
    index_title = _("Your venues")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"no_mail": not can_send(Channel.EMAIL)}

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Through the one sign-in page, so that its rate limits and second factors hold here, too."""
        return super().login(request, extra_context)
