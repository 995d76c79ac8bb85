"""The page behind the link of an invitation to a venue's team."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.adapters import PAGE_AFTER_PROOF
from accounts.models import User
from accounts.services.verifying import resend_verification
from common.errors import Forbidden
from resources.invitations import find_invitation, is_meant_for, is_proven_for, why_not_to_accept
from resources.models import TeamInvitation
from resources.permissions import works_at
from resources.services.team import accept_invitation


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, invitation_id: UUID, token: str) -> HttpResponse:
    found = find_invitation(invitation_id, token)
    if request.method != "POST":
        problem, step = why_not_to_accept(found), _next_step(found, request)
        if step == "prove":
            request.session[PAGE_AFTER_PROOF] = request.path
        context = {"invitation": found, "problem": problem, "step": step}
        context["works_there"] = works_at(request.user, found.venue_id)
        return render(request, "frontdesk/invitation.html", context, status=410 if problem else 200)
    if not isinstance(request.user, User):
        raise Forbidden
    if "prove" in request.POST:
        return _prove(request, found, request.user)
    membership = accept_invitation(invitation_id=found.pk, token=token, user=request.user)
    welcome = _("You've joined %(venue)s as %(role)s.")
    words = {"venue": found.venue.name, "role": membership.get_role_display()}
    messages.success(request, welcome % words)
    return redirect("calendar")


def _next_step(found: TeamInvitation, request: HttpRequest) -> str:
    """What has to be done before it can be accepted, or ``accept``."""
    user = request.user
    if not isinstance(user, User):
        return "sign_in"
    if not is_meant_for(found, user):
        return "change_account"
    return "accept" if is_proven_for(found, user) else "prove"


def _prove(request: HttpRequest, found: TeamInvitation, user: User) -> HttpResponse:
    if not is_meant_for(found, user):
        raise Forbidden
    resend_verification(request, user=user)
    messages.info(request, _("Follow the link in that email, then come back here."))
    return redirect(request.path)
