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
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import DomainError
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
    """For admins and inlines. ``venue_path`` leads from a row to its venue's id."""

    venue_path: ClassVar[str] = "venue"
    changing_roles: ClassVar[tuple[str, ...]] = (Role.MANAGER,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.venue_path}__in": venue_ids(request.user)})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_role(request, obj)

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
        if not (user.is_active and user.is_staff):
            return False
        own_venue_ids = venue_ids(user, *roles)
        return (
            venue_id_of(obj, self.venue_path) in own_venue_ids
            if isinstance(obj, self.model)
            else bool(own_venue_ids)
        )

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        kwargs.setdefault("queryset", self._visible_choices(db_field.remote_field.model, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        kwargs.setdefault("queryset", self._visible_choices(db_field.remote_field.model, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _visible_choices(self, model: type[Model], request: HttpRequest) -> QuerySet[Any]:
        """People are limited to the teams of one's own venues."""
        rows = model._default_manager.all()
        if request.user.is_superuser:
            return rows
        own_venue_ids = venue_ids(request.user)
        if model._meta.label == VENUE:
            return rows.filter(pk__in=own_venue_ids)
        if model is User:
            return rows.filter(memberships__venue__in=own_venue_ids).distinct()
        return rows.filter(venue__in=own_venue_ids)


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
            messages.error(request, f"{row}: {error}")
    return done_count


class OwnVenueFilter(admin.SimpleListFilter):
    title = _("venue")
    parameter_name = "venue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        venues = directory().staffed_by(request.user).values_list("pk", "name")
        return [(str(pk), name) for pk, name in venues]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(venue=int(value)) if value and value.isdecimal() else queryset


class VenueScopedAdmin(VenueScope[M], admin.ModelAdmin[M]):
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
