"""The waitlist in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from resources.admin_scope import VenueFilter, VenueScopedAdmin
from resources.enums import Role
from waitlist.models import WaitlistEntry, WaitlistOffer


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(VenueScopedAdmin[WaitlistEntry]):
    changing_roles = (Role.MANAGER, Role.STAFF)
    list_display = ("preferred_on", "resource", "group", "customer_name", "party_size", "priority", "status")
    list_filter = (VenueFilter, "status")
    list_select_related = ("resource", "group")
    date_hierarchy = "preferred_on"
    search_fields = ("customer_name", "customer_email")
    exclude = ("customer",)


@admin.register(WaitlistOffer)
class WaitlistOfferAdmin(VenueScopedAdmin[WaitlistOffer]):
    venue_path = "entry__venue"
    list_display = ("entry", "reservation", "deadline_at", "outcome")
    list_select_related = ("entry", "reservation")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
