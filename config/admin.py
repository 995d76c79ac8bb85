"""The staff site."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class HoldfastAdminSite(AdminSite):
    site_header = _("Holdfast")
    site_title = _("Holdfast")
    index_title = _("Your venues")
