"""Managers invite people to their venue's team, and see who was invited."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_actions import Question, ask_first
from accounts.admin_rehearsal import RehearsedForm
from accounts.admin_scope import OwnVenueFilter, VenueScopedAdmin, run_for_each
from accounts.models import User
from common.clock import now
from resources.enums import Role
from resources.invitations import why_not_to_accept
from resources.models import TeamInvitation
from resources.rights import DescribesRoles
from resources.services.team import invite_to_team, resend_invitation, revoke_invitation


class InvitationForm(RehearsedForm[TeamInvitation]):
    by: User  # of the request, set by the admin

    class Meta:
        model = TeamInvitation
        fields = ("venue", "email", "role")

    def carry_out(self) -> TeamInvitation:
        return invite_to_team(**self.cleaned_data, by=self.by)

    # The service writes and checks.
    def _post_clean(self) -> None:
        pass

    def save(self, commit: bool = True) -> TeamInvitation:
        return self.instance

    def save_m2m(self) -> None: ...


def _tell_resent(invitation: TeamInvitation) -> Iterator[str | Promise]:
    if invitation.accepted_at or invitation.revoked_at:
        yield why_not_to_accept(invitation)
        return
    yield _("Email to %(address)s") % {"address": invitation.email}
    yield _("The link sent before stops working")


def _tell_revoked(invitation: TeamInvitation) -> Iterator[str | Promise]:
    if invitation.accepted_at or invitation.revoked_at:
        yield why_not_to_accept(invitation)
        return
    yield _("The link stops working")
    yield _("No email is sent")


RESEND = Question("resend", _("Send again"), _tell_resent)
REVOKE = Question("revoke", _("Withdraw"), _tell_revoked)


class TeamInvitationAdmin(DescribesRoles, VenueScopedAdmin[TeamInvitation]):
    viewing_roles = (Role.MANAGER,)
    form = InvitationForm
    list_display = ("email", "role", "venue", "state", "invited_by", "expires_at")
    list_filter = (OwnVenueFilter, "role")
    list_select_related = ("venue", "invited_by")
    search_fields = ("email",)
    actions = ("resend", "revoke")

    def get_fields(self, request: HttpRequest, obj: TeamInvitation | None = None) -> tuple[str, ...]:
        asked = ("venue", "email", "role")
        settled = ("state", "invited_by", "created_at", "expires_at", "accepted_at", "accepted_by")
        return (*asked, *settled, "revoked_at") if obj else asked

    def get_readonly_fields(self, request: HttpRequest, obj: TeamInvitation | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class: Any = super().get_form(request, obj, change, **kwargs)
        form_class.by = request.user
        return form_class

    def save_model(self, request: HttpRequest, obj: TeamInvitation, form: Any, change: bool) -> None:
        obj.__dict__.update(form.carry_out().__dict__)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        # Few people invite many: what is asked of each is kept on their one object.
        inviters: dict[Any, User | None] = {}
        for row in changelist.result_list:
            row.invited_by = inviters.setdefault(row.invited_by_id, row.invited_by)
        return changelist

    @admin.display(description=_("status"))
    def state(self, invitation: TeamInvitation) -> str:
        if invitation.accepted_at:
            return str(_("Accepted"))
        if invitation.revoked_at:
            return str(_("Withdrawn"))
        if invitation.expires_at <= now():
            return str(_("Expired"))
        return str(_("No longer valid") if why_not_to_accept(invitation) else _("Open"))

    @admin.action(description=_("Send again"))
    def resend(self, request: HttpRequest, chosen: QuerySet[TeamInvitation]) -> HttpResponse | None:
        def tell(number: int) -> str:
            return ngettext("%d invitation sent again.", "%d invitations sent again.", number) % number

        return self.run_asked(request, chosen, RESEND, resend_invitation, tell)

    @admin.action(description=_("Withdraw"))
    def revoke(self, request: HttpRequest, chosen: QuerySet[TeamInvitation]) -> HttpResponse | None:
        def tell(number: int) -> str:
            return ngettext("%d invitation withdrawn.", "%d invitations withdrawn.", number) % number

        return self.run_asked(request, chosen, REVOKE, revoke_invitation, tell)

    def run_asked(
        self,
        request: HttpRequest,
        chosen: QuerySet[TeamInvitation],
        question: Question,
        act: Callable[..., TeamInvitation],
        tell: Callable[[int], str],
    ) -> HttpResponse | None:
        if asked := ask_first(self, request, chosen, question):
            return asked
        by = request.user
        changed = run_for_each(request, chosen, lambda invitation: act(invitation_id=invitation.pk, by=by))
        if changed:
            messages.success(request, tell(changed))
        return None
