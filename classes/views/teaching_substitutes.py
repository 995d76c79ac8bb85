"""Asking colleagues to step in, and answering them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from classes import services
from classes.exceptions import SessionNotFound
from classes.models import Facilitator, Session
from classes.permissions import can_substitute, can_view
from classes.selectors import list_free_colleagues, sessions_in_detail
from classes.teaching import find_managed_session, is_at_work
from classes.teaching_forms import AskingForm
from classes.views.teaching import leader, user_of
from classes.views.teaching_roster import path_of
from classes.visiting import is_key
from common.errors import DomainError, Forbidden, UnknownAction


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def substitute(request: HttpRequest, session_id: int) -> HttpResponse:
    """Who could lead it; ask them, or stop asking."""
    session = find_managed_session(request.user, session_id)
    if request.method != "POST":
        return _show(request, session, AskingForm())
    form = AskingForm(request.POST)
    if not form.is_valid():
        return _show(request, session, form, status=400)
    try:
        _act(request, session, form.cleaned_data["note"])
    except DomainError as error:
        form.mark(error)
        return _show(request, session, form, status=error.status, problem=error)
    return redirect(path_of(session))


def _act(request: HttpRequest, session: Session, note: str) -> None:
    """Raises what the services raise."""
    match request.POST.get("action"):
        case "ask":
            services.ask_for_substitute(session_id=session.pk, actor=leader(request), note=note)
            messages.success(request, _("We've told your colleagues."))
        case "withdraw":
            services.stop_asking(session_id=session.pk)
            messages.success(request, _("You lead it yourself again."))
        case _unknown:
            raise UnknownAction


def _show(
    request: HttpRequest,
    session: Session,
    form: AskingForm,
    *,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    context = {
        "session": session,
        "venue": session.venue,
        "face": session.venue,
        "zone": session.venue.zone_name,
        "back": path_of(session),
        "colleagues": list_free_colleagues(session),
        "form": form,
        "problem": problem,
    }
    return render(request, "classes/teach/substitute.html", context, status=status)


@never_cache
@login_required
@require_POST
def answer(request: HttpRequest, session_id: int) -> HttpResponse:
    """To a colleague who asks. Raises ``SessionNotFound`` and ``Forbidden``."""
    session, profile = _find_asked(request, session_id)
    match request.POST.get("answer"):
        case "accept":
            return _accept(request, session, profile)
        case "decline":
            services.decline_to_substitute(session_id=session.pk, facilitator=profile)
            messages.success(request, _("Thanks for telling them."))
        case _unknown:
            raise UnknownAction
    return redirect("teach")


def _find_asked(request: HttpRequest, session_id: int) -> tuple[Session, Facilitator]:
    session = sessions_in_detail().filter(pk=session_id).first() if is_key(session_id) else None
    if session is None or not can_view(request.user, session):
        raise SessionNotFound
    rows = Facilitator.objects.approved().filter(user=user_of(request), venue=session.venue_id)
    profile = rows.select_related("user", "venue").first()
    if profile is None or not is_at_work(profile) or profile.pk == session.facilitator_id:
        raise Forbidden
    return session, profile


def _accept(request: HttpRequest, session: Session, profile: Facilitator) -> HttpResponse:
    if not can_substitute(request.user, session, profile) or session.substitute_wanted_at is None:
        messages.info(request, _("Nobody is looked for any more: %(title)s.") % {"title": session.title})
        return redirect("teach")
    try:
        services.accept_to_substitute(session_id=session.pk, facilitator=profile, actor=leader(request))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("teach")
    messages.success(request, _("You lead %(title)s now.") % {"title": session.title})
    return redirect(path_of(session))
