"""What is offered: kinds of classes and passes, courses, studios."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin
from classes.admin.shared import ServiceAdmin, StaffAdmin, WrittenForm, names_one_of
from classes.enums import PlaceKind
from classes.models import MOST_SEATS, ClassType, Course, PassKind, Studio
from classes.services import add_studio, change_studio
from common.errors import InvalidInput
from common.templatetags.holdfast import money
from common.venues import Role

OTHER_VENUE = _("Choose one of the same venue.")


class _Offer(VenueScopedAdmin[Any]):
    """Its price is that of the venue; what is agreed already keeps its own."""

    viewing_roles = StaffAdmin.viewing_roles
    lasting: ClassVar[dict[str, Any]] = {}
    """What to say when one of these fields was changed."""
    list_filter: ClassVar[Any] = (OwnVenueFilter, "is_active")
    list_select_related: ClassVar[Any] = ("venue",)

    @admin.display(description=_("price"), ordering="price")
    def amount(self, row: Any) -> str:
        return money(row.price, row.venue.currency)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changed = set(form.changed_data) if change else set()
        for text in dict.fromkeys(text for name, text in self.lasting.items() if name in changed):
            messages.warning(request, text)


PRICE_STAYS = _("Sessions put up already, and bookings, keep their price.")
TERMS_STAY = _("Bookings made already keep the cancellation terms they were made with.")


@admin.register(ClassType)
class ClassTypeAdmin(_Offer):
    list_display = ("title", "venue", "level", "duration", "capacity", "amount", "waitlist_mode", "is_active")
    list_filter = (OwnVenueFilter, "level", "is_active")
    search_fields = ("title",)
    lasting = {"price": PRICE_STAYS, "policy": TERMS_STAY}
    fieldsets = (
        (None, {"fields": ("venue", "title", "description", "bring", "level", "color", "is_active")}),
        (_("Size and price"), {"fields": ("duration", "capacity", "price")}),
        (
            _("Booking and cancelling"),
            {"fields": ("book_from_days", "book_until_minutes", "policy", "late_cancel_hours")},
        ),
        (
            _("Waitlist"),
            {"fields": ("waitlist_mode", "waitlist_close_minutes", "offer_minutes", "max_waiting")},
        ),
        (_("Minimum"), {"fields": ("min_attendance", "decide_hours", "below_minimum")}),
    )


class PassKindForm(forms.ModelForm[PassKind]):
    def clean(self) -> dict[str, Any] | None:
        # Managers of several venues are offered the class types of all of them.
        cleaned = super().clean()
        venue = self.cleaned_data.get("venue")
        venue_id = venue.pk if venue else self.instance.venue_id
        if not all(names_one_of(row, venue_id) for row in self.cleaned_data.get("class_types", ())):
            self.add_error("class_types", _("Choose class types of the same venue."))
        return cleaned


@admin.register(PassKind)
class PassKindAdmin(_Offer):
    form = PassKindForm
    list_display = ("name", "venue", "credits", "valid_days", "amount", "is_active")
    search_fields = ("name",)
    filter_horizontal = ("class_types",)
    lasting = {name: _("Passes sold already stay as they were sold.") for name in ("price", "credits")}


class CourseForm(forms.ModelForm[Course]):
    """Of the venue of its class type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "class_type" in self.fields:
            self.fields["class_type"].required = True

    def clean_class_type(self) -> ClassType:
        chosen: ClassType = self.cleaned_data["class_type"]
        if not names_one_of(chosen, self.instance.venue_id):
            raise forms.ValidationError(OTHER_VENUE)
        self.instance.venue = chosen.venue
        return chosen


@admin.register(Course)
class CourseAdmin(_Offer):
    form = CourseForm
    list_display = ("title", "venue", "class_type", "amount")
    list_filter = (OwnVenueFilter,)
    list_select_related = ("venue", "class_type")
    search_fields = ("title",)
    fields = ("class_type", "title", "price")
    lasting = {"price": _("Bookings made already keep their price.")}


class StudioForm(WrittenForm):
    most = forms.IntegerField(
        label=_("Seats"),
        min_value=1,
        max_value=MOST_SEATS,
        help_text=_("The most people it may ever hold."),
    )
    place_kind = forms.ChoiceField(label=_("Kind"), choices=PlaceKind.choices)

    class Meta:
        model = Studio
        fields = ("venue", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            del self.fields["place_kind"]
            self.initial["most"] = self.instance.seats.units

    def carry_out(self) -> Studio:
        try:
            return self._write(self.cleaned_data)
        except InvalidInput as error:
            renamed = {"most" if name == "seats" else name: text for name, text in error.fields.items()}
            raise InvalidInput(fields=renamed) from error

    def _write(self, data: dict[str, Any]) -> Studio:
        if self.instance._state.adding:
            kind = PlaceKind(data["place_kind"])
            return add_studio(venue=data["venue"], name=data["name"], seats=data["most"], kind=kind)
        return change_studio(studio=self.instance, name=data["name"], seats=data["most"])


@admin.register(Studio)
class StudioAdmin(ServiceAdmin):
    form = StudioForm
    changing_roles = (Role.MANAGER,)
    list_display = ("name", "kind", "places", "venue")
    list_filter = (OwnVenueFilter, "kind")
    list_select_related = ("venue", "seats")
    search_fields = ("name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("venue", "name", "most" if self._edits(request, obj) else "places", *self._kind(obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return ("venue", "kind") if self._edits(request, obj) else ("venue", "name", "places", "kind")

    def _edits(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or self.has_change_permission(request, obj)

    def _kind(self, obj: Any) -> tuple[str]:
        return ("kind",) if obj is not None else ("place_kind",)

    @admin.display(description=_("seats"))
    def places(self, studio: Studio) -> int:
        return studio.seats.units
