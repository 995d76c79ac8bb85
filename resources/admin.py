from operator import attrgetter
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_history import MOST_SHOWN, HistoryEntry, read_recorded_history
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, VenueScopedInline, venue_ids
from common.products import products
from common.templatetags.holdfast import money
from resources.admin_hours import HoursForm
from resources.admin_pictures import ForgetsPictures, take_logo
from resources.admin_products import list_switches
from resources.admin_sharing import SharePage
from resources.admin_stranding import AsksAboutBookings
from resources.admin_team import TeamInvitationAdmin
from resources.models import (
    AvailabilityOverride,
    BookingRules,
    CancellationPolicy,
    CancellationTier,
    Feature,
    Holiday,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    ResourceGroup,
    ResourceGroupMember,
    ResourcePart,
    TeamInvitation,
    Venue,
    VenueMembership,
)
from resources.rights import DescribesRoles
from resources.services.products import offer_products
from resources.uploads import LOGO, PHOTO, check_picture

OFFERED = _("Other")


admin.site.register(TeamInvitation, TeamInvitationAdmin)


class MembershipInline(DescribesRoles, VenueScopedInline[VenueMembership]):
    model = VenueMembership
    autocomplete_fields = ("user",)

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("user",) if request.user.is_superuser else ()


class VenueQuestionInline(VenueScopedInline[Question]):
    model = Question
    exclude = ("resource",)
    verbose_name_plural = _("questions to customers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return super().get_queryset(request).filter(resource=None)


class ResourceQuestionInline(VenueScopedInline[Question]):
    model = Question
    exclude = ("venue",)
    verbose_name_plural = _("questions to customers, besides those of the venue")


class VenueForm(forms.ModelForm[Venue]):
    offered = forms.MultipleChoiceField(label=OFFERED, required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, f"{product.label}: {product.hint}") for name, product in products.items()]
        cast(forms.MultipleChoiceField, self.fields["offered"]).choices = choices
        if self.instance.pk:
            rows = self.instance.offered_products.filter(product__in=products.names())
            self.initial["offered"] = list(rows.values_list("product", flat=True))

    def clean_logo(self) -> Any:
        return take_logo(self.instance, check_picture(self.cleaned_data["logo"], LOGO))


@admin.register(Venue)
class VenueAdmin(ForgetsPictures, SharePage, AsksAboutBookings[Venue]):
    form = VenueForm
    venue_path = "pk"
    list_display = ("name", "city", "country", "time_zone", "currency", "is_active")
    search_fields = ("name", "city")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("uuid", "created_at")
    inlines = (MembershipInline, VenueQuestionInline)
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "is_active")}),
        (_("Times and prices"), {"fields": ("time_zone", "currency")}),
        (_("Address"), {"fields": ("street", "postal_code", "city", "country", "subdivision")}),
        (_("Position on the map"), {"fields": (("latitude", "longitude"),)}),
        (_("Contact"), {"fields": ("email", "phone")}),
        (_("Look"), {"fields": ("color", "logo")}),
        (_("Terms"), {"fields": ("terms",)}),
        (_("Links"), {"fields": ("privacy_url", "terms_url", "imprint_url")}),
        (_("On other websites"), {"fields": ("embedded_on",)}),
        (_("For developers"), {"fields": ("uuid", "created_at")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        # With bookings alone there is nothing to choose.
        *usual, last = super().get_fieldsets(request, obj)
        offered = [(_("Features"), {"fields": ("offered",)})] if products else []
        return [*usual, *offered, last]

    @admin.display(description=OFFERED)
    def offered(self, venue: Venue) -> str:
        """For those who only look at it; whoever may change it has the form's field."""
        rows = venue.offered_products.values_list("product", flat=True)
        return ", ".join(str(products[name].label) for name in products.names() if name in rows)

    def list_history(self, row: Venue) -> list[HistoryEntry]:
        entries = [*read_recorded_history(row), *list_switches(row)]
        return sorted(entries, key=attrgetter("at"), reverse=True)[:MOST_SHOWN]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "offered" in form.cleaned_data:
            offer_products(venue=form.instance, names=form.cleaned_data["offered"])

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if self.has_change_permission(request, obj) else {}


class ResourceForm(forms.ModelForm[Resource]):
    def clean(self) -> dict[str, Any] | None:
        # Managers of several venues are offered the features of all of them.
        cleaned = super().clean()
        venue = self.cleaned_data.get("venue")
        venue_id = venue.pk if venue else self.instance.venue_id
        chosen = self.cleaned_data.get("features", ())
        if venue_id and any(feature.venue_id != venue_id for feature in chosen):
            self.add_error("features", _("Choose features of the same venue."))
        return cleaned

    def clean_photo(self) -> Any:
        return check_picture(self.cleaned_data["photo"], PHOTO)


class PartInline(VenueScopedInline[ResourcePart]):
    model = ResourcePart
    fk_name = "whole"
    venue_path = "whole__venue"
    verbose_name_plural = _("Parts (booking this books all of them)")


class OpeningHoursInline(VenueScopedInline[OpeningHours]):
    model = OpeningHours
    form = HoursForm
    exclude = ("venue",)


class OverrideInline(VenueScopedInline[AvailabilityOverride]):
    model = AvailabilityOverride
    exclude = ("venue",)


@admin.register(Resource)
class ResourceAdmin(ForgetsPictures, SharePage, AsksAboutBookings[Resource]):
    form = ResourceForm
    list_display = ("name", "kind", "venue", "capacity", "units", "rate", "rules", "is_active")
    list_filter = (OwnVenueFilter, "kind", "is_active")
    list_select_related = ("venue", "rules")
    search_fields = ("name", "description")
    readonly_fields = ("uuid", "version", "created_at")
    inlines = (PartInline, OpeningHoursInline, OverrideInline, ResourceQuestionInline)
    fieldsets = (
        (
            None,
            {"fields": ("venue", "kind", "name", "slug", "description", "person", "features", "is_active")},
        ),
        (
            _("Capacity"),
            {"fields": ("capacity", "serves_party", "units", "units_by", "overbooking_percent")},
        ),
        (
            _("Rules and money"),
            {"fields": ("rules", "cancellation_policy", "hourly_rate", "observes_holidays")},
        ),
        (_("Preview"), {"fields": ("is_listed", "photo", "photo_alt", "position")}),
        (_("For developers"), {"fields": ("uuid", "version", "created_at")}),
    )

    @admin.display(description=_("hourly rate"), ordering="hourly_rate")
    def rate(self, resource: Resource) -> str:
        return money(resource.hourly_rate, resource.venue.currency)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if self.has_change_permission(request, obj) else {}

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            if isinstance(row, OpeningHours | AvailabilityOverride | Question):
                # The inlines do not ask for the venue: it is the resource's.
                row.venue = form.instance.venue
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()


class GroupMemberInline(VenueScopedInline[ResourceGroupMember]):
    model = ResourceGroupMember
    venue_path = "group__venue"


@admin.register(ResourceGroup)
class ResourceGroupAdmin(SharePage, VenueScopedAdmin[ResourceGroup]):
    list_display = ("name", "venue", "choice_rule", "is_active")
    list_filter = (OwnVenueFilter,)
    list_select_related = ("venue",)
    search_fields = ("name",)
    inlines = (GroupMemberInline,)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ("name",)} if self.has_change_permission(request, obj) else {}


@admin.register(BookingRules)
class BookingRulesAdmin(VenueScopedAdmin[BookingRules]):
    list_display = ("name", "venue", "slot_step", "min_duration", "max_duration", "approval", "audience")
    list_filter = (OwnVenueFilter, "approval", "audience")
    list_select_related = ("venue",)
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("venue", "name", "audience")}),
        (_("Length"), {"fields": ("slot_step", "min_duration", "default_duration", "max_duration")}),
        (_("Buffers"), {"fields": ("buffer_before", "buffer_after", "occupies_first")}),
        (_("Booking window"), {"fields": ("min_notice", "max_advance_days", "hold_minutes")}),
        (_("People"), {"fields": ("min_party_size", "max_party_size")}),
        (
            _("Limits"),
            {"fields": ("max_active_per_customer", "max_per_period", "limit_period", "one_at_a_time")},
        ),
        (_("Approval"), {"fields": ("approval", "approval_party_size", "approval_duration")}),
        (_("On the day"), {"fields": ("check_in_opens", "staff_check_in_opens", "release_after")}),
    )


class TierInline(VenueScopedInline[CancellationTier]):
    model = CancellationTier
    venue_path = "policy__venue"


@admin.register(CancellationPolicy)
class CancellationPolicyAdmin(VenueScopedAdmin[CancellationPolicy]):
    list_display = ("name", "venue", "description")
    list_filter = (OwnVenueFilter,)
    list_select_related = ("venue",)
    search_fields = ("name",)
    inlines = (TierInline,)


class WeekdayDigitsField(forms.MultipleChoiceField):
    """The digits of the chosen weekdays, as ``PriceRule.weekdays`` stores them."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return list(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> Any:
        return "".join(sorted(super().clean(value)))


class PriceRuleForm(forms.ModelForm[PriceRule]):
    weekdays = WeekdayDigitsField(
        label=_("Weekdays"), choices=[(str(n), d) for n, d in OpeningHours.Weekday.choices]
    )


@admin.register(PriceRule)
class PriceRuleAdmin(VenueScopedAdmin[PriceRule]):
    form = PriceRuleForm
    list_display = ("name", "venue", "basis", "price", "start_time", "end_time", "priority")
    list_filter = (OwnVenueFilter, "basis")
    list_select_related = ("venue",)
    search_fields = ("name",)
    filter_horizontal = ("resources",)

    @admin.display(description=_("amount"), ordering="amount")
    def price(self, rule: PriceRule) -> str:
        return money(rule.amount, rule.venue.currency)


@admin.register(OpeningHours)
class OpeningHoursAdmin(AsksAboutBookings[OpeningHours]):
    form = HoursForm
    list_display = ("venue", "resource", "weekday", "start_time", "end_time", "is_available")
    list_filter = (OwnVenueFilter, "weekday", "is_available")
    list_select_related = ("venue", "resource")


@admin.register(AvailabilityOverride)
class AvailabilityOverrideAdmin(AsksAboutBookings[AvailabilityOverride]):
    list_display = (
        "reason",
        "venue",
        "resource",
        "starts_on",
        "ends_on",
        "start_time",
        "end_time",
        "is_available",
    )
    list_display_links = ("reason", "starts_on")
    list_filter = (OwnVenueFilter, "is_available")
    list_select_related = ("venue", "resource")
    date_hierarchy = "starts_on"
    search_fields = ("reason",)


@admin.register(Feature)
class FeatureAdmin(VenueScopedAdmin[Feature]):
    list_display = ("name", "venue")
    list_filter = (OwnVenueFilter,)
    list_select_related = ("venue",)
    search_fields = ("name",)


@admin.register(Question)
class QuestionAdmin(VenueScopedAdmin[Question]):
    list_display = ("text", "venue", "resource", "kind", "is_required", "position", "is_active")
    list_filter = (OwnVenueFilter, "kind", "is_active")
    list_select_related = ("venue", "resource")
    search_fields = ("text",)


@admin.register(Holiday)
class HolidayAdmin(admin.ModelAdmin[Holiday]):
    """Shared by all venues of a country: their people look at them, superusers change them."""

    list_display = ("date", "name", "country", "subdivision")
    list_filter = ("country", "subdivision")
    date_hierarchy = "date"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Holiday]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        countries = Venue.objects.staffed_by(request.user).order_by().values("country")
        return rows.filter(country__in=countries)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return user.is_superuser or (user.is_active and bool(venue_ids(user)))
