"""What the admins of classes have in common."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from accounts.admin_rehearsal import RehearsedForm
from accounts.admin_scope import VenueScopedAdmin
from accounts.models import User
from common.venues import MANAGING
from reservations.domain.values import Actor
from reservations.enums import Source


class WrittenForm(RehearsedForm[Any]):
    """The service writes and checks; the model's checks would only repeat its rules."""

    actor: Actor  # of the request, set by the admin

    def _post_clean(self) -> None:
        pass

    def save(self, commit: bool = True) -> Any:
        return self.instance

    def save_m2m(self) -> None: ...


class StaffAdmin(VenueScopedAdmin[Any]):
    """For managers and staff: facilitators see what they lead on pages of their own, and nothing here."""

    viewing_roles: ClassVar[tuple[str, ...]] = MANAGING
    changing_roles: ClassVar[tuple[str, ...]] = MANAGING


class ServiceAdmin(StaffAdmin):
    """A service writes its rows; none is deleted."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class: Any = super().get_form(request, obj, change, **kwargs)
        form_class.actor = actor_of(request)
        return form_class

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if isinstance(form, WrittenForm):
            obj.__dict__.update(form.carry_out().__dict__)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordAdmin(ServiceAdmin):
    """What has happened: looked at, and changed by actions alone."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = self.fields or [field.name for field in self.opts.fields if field.name != "id"]
        return tuple(shown)


class RecordInline(admin.TabularInline[Any, Any]):
    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may see the row above

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user if isinstance(request.user, User) else None, Source.STAFF)


def names_one_of(row: Model | None, venue_id: int | None) -> bool:
    """Nothing, or a row of this venue."""
    return row is None or venue_id is None or getattr(row, "venue_id", None) == venue_id
