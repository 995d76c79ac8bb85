"""Who sees what in the admin: membership of a venue decides, not Django's model permissions.

Members see their venues' rows; managers change configuration, other roles look at it. Rows of other venues
appear nowhere: not in lists, filters, choices or links.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth.models import AnonymousUser
from django.db.models import DateTimeField, ForeignKey, ManyToManyField, Model, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.admin_clock import (
    own_venues,
    show_venue,
    shown_country,
    shown_venue_id,
    venue_moment,
    zone_of,
)
from accounts.admin_history import HistoryEntry, read_recorded_history
from accounts.admin_lists import LongList
from accounts.models import User
from common.errors import DomainError
from common.names import check_name
from common.numbers import read_key
from common.transactions import atomic_change
from common.venues import Role, directory

VENUE = "resources.Venue"
M = TypeVar("M", bound=Model)


def venue_ids(user: User | AnonymousUser, *roles: str) -> list[int]:
    """Venues where the user has one of the roles (any role when none is named)."""
    # Kept on the user, who lives for one request: a page asks dozens of times.
    ids_by_roles: dict[tuple[str, ...], list[int]] = user.__dict__.setdefault("_venue_ids", {})
    if roles not in ids_by_roles:
        ids_by_roles[roles] = list(directory().staffed_by(user, *roles).values_list("pk", flat=True))
    return ids_by_roles[roles]


class VenueScope(BaseModelAdmin[M], Generic[M]):
    """For admins and inlines. ``venue_path`` leads from a row to its venue's id; without ``viewing_roles``
    every role looks at the rows.
    """

    venue_path: ClassVar[str] = "venue"
    viewing_roles: ClassVar[tuple[str, ...]] = ()
    changing_roles: ClassVar[tuple[str, ...]] = (Role.MANAGER,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.venue_path}__in": venue_ids(request.user, *self.viewing_roles)})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_role(request, obj, *self.viewing_roles)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_role(request, obj, *self.changing_roles)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_role(request, None, *self.changing_roles)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_role(request, obj, *self.changing_roles)

    def _has_role(self, request: HttpRequest, obj: Any, *roles: str) -> bool:
        user = request.user
        if user.is_superuser:
            return True
        if not user.is_active:
            return False
        own_venue_ids = venue_ids(user, *roles)
        return self.venue_id(obj) in own_venue_ids if isinstance(obj, self.model) else bool(own_venue_ids)

    def venue_id(self, row: M) -> Any:
        """None for a row that is not complete yet."""
        return venue_id_of(row, self.venue_path)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        kwargs.setdefault("queryset", self._visible_choices(db_field.remote_field.model, request))
        if _names_its_venue(kwargs["queryset"], request):
            kwargs.setdefault("form_class", VenuesChoiceField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        kwargs.setdefault("queryset", self._visible_choices(db_field.remote_field.model, request))
        if _names_its_venue(kwargs["queryset"], request):
            kwargs.setdefault("form_class", VenuesMultipleChoiceField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, PhoneNumberField):
            field.region = shown_country(request) or None
        if field is not None and check_name in db_field.validators:
            field.validators.append(check_name)  # not all forms ask the model
        return field

    def _visible_choices(self, model: type[Model], request: HttpRequest) -> QuerySet[Any]:
        """Of the venue the page is about, else of one's own; people are limited to their teams."""
        # A row belongs where one may change it, also when one only looks elsewhere.
        rows, is_root = model._default_manager.all(), request.user.is_superuser
        if _has_venue(model):
            rows = rows.select_related("venue")
        own_venue_ids = venue_ids(request.user, *self.changing_roles)
        if model._meta.label == VENUE:
            return rows if is_root else rows.filter(pk__in=own_venue_ids)
        shown = shown_venue_id(request)
        wanted_ids = [shown] if shown in own_venue_ids else own_venue_ids
        if model is User:
            return rows if is_root else rows.filter(memberships__venue__in=wanted_ids).distinct()
        if not _has_venue(model) or (is_root and shown is None):
            return rows
        return rows.filter(venue__in=wanted_ids)


def _has_venue(model: type[Model]) -> bool:
    return any(field.name == "venue" for field in model._meta.get_fields())


def _names_its_venue(rows: QuerySet[Any], request: HttpRequest) -> bool:
    """Where rows of several venues are offered, each says whose it is."""
    return shown_venue_id(request) is None and len(own_venues(request)) > 1 and _has_venue(rows.model)


class VenuesChoiceField(ModelChoiceField[Any]):
    def label_from_instance(self, row: Any) -> str:
        return f"{row} · {row.venue}"


class VenuesMultipleChoiceField(ModelMultipleChoiceField[Any]):
    def label_from_instance(self, row: Any) -> str:
        return f"{row} · {row.venue}"


def venue_id_of(row: Model, path: str) -> Any:
    """None for a row that is not complete yet."""
    if path == "pk":
        return row.pk
    *steps, last = path.split("__")
    for step in steps:
        row = getattr(row, step)
    return getattr(row, f"{last}_id")


def run_for_each(request: HttpRequest, chosen: Iterable[M], act: Callable[[M], object]) -> int:
    """Run a service for each row and return how many went well; refusals become messages."""
    done_count = 0
    for row in chosen:
        try:
            act(row)
            done_count += 1
        except DomainError as error:
            messages.error(request, f"{row}: {error.in_words}")
    return done_count


class OwnVenueFilter(admin.SimpleListFilter):
    title = _("venue")
    parameter_name = "venue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        venues = directory().staffed_by(request.user).values_list("pk", "name")
        return [(str(pk), name) for pk, name in venues]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        venue_id = read_key(self.value() or "")
        return queryset.filter(venue=venue_id) if venue_id is not None else queryset


class VenueScopedAdmin(VenueScope[M], LongList[M]):
    """Its times are those of each row's venue."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        asked: dict[str, str | list[str]] = super().get_changeform_initial_data(request)
        return self._only_venue(request) | asked

    def _only_venue(self, request: HttpRequest) -> dict[str, Any]:
        """Where there is but one venue to choose, it is chosen."""
        field: Any = self.model._meta.get_field("venue") if _has_venue(self.model) else None
        if field is None or field.blank:
            return {}
        ids = self._visible_choices(field.remote_field.model, request).values_list("pk", flat=True)[:2]
        return {"venue": ids[0]} if len(ids) == 1 else {}

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        """A row stays at its venue, where what refers to it is."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "venue") if obj is not None and _has_venue(self.model) else fields

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [
            self._moment_column(request, column) if column in self._moment_names else column
            for column in super().get_list_display(request)
        ]

    @property
    def _moment_names(self) -> set[str]:
        return {field.name for field in self.opts.fields if isinstance(field, DateTimeField)}

    def _moment_column(self, request: HttpRequest, name: str) -> Callable[[M], str]:
        def show_moment(row: M) -> str:
            return venue_moment(getattr(row, name), zone_of(request, self.venue_id(row)))

        show_moment.__name__ = name
        label = self.opts.get_field(name).verbose_name  # type: ignore[union-attr]
        return admin.display(description=label, ordering=name)(show_moment)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        # Whatever page of the row is shown, its venue's clock is the page's.
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            show_venue(request, self.venue_id(row))
        return row

    def list_history(self, row: M) -> list[HistoryEntry] | None:
        """None: what the admin itself has noted is all there is."""
        return read_recorded_history(row) if hasattr(row, "history") else None

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        context = response.context_data if isinstance(response, TemplateResponse) else None
        if context is None:
            return response
        entries = self.list_history(context["object"])
        if entries is None:
            return response
        return TemplateResponse(request, "admin/row_history.html", context | {"entries": entries})

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        # What one form saves is one change: a stamp for all of its rows.
        with _one_change_if_posted(request):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with _one_change_if_posted(request):
            return super().delete_view(request, *args, **kwargs)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        with atomic_change():
            super().delete_queryset(request, queryset)


def _one_change_if_posted(request: HttpRequest) -> AbstractContextManager[object]:
    return atomic_change() if request.method == "POST" else nullcontext()


class VenueScopedInline(VenueScope[M], admin.TabularInline[M, Any]):
    extra = 0

    def _has_role(self, request: HttpRequest, obj: Any, *roles: str) -> bool:
        # ``obj`` is the row above, whose own admin has judged it.
        return super()._has_role(request, None, *roles)
