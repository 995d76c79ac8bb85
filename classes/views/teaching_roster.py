"""The roster of a session: who is coming, and who came."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from classes import services
from classes.enums import Attendance, SessionStatus
from classes.models import Session
from classes.owed import read_owed
from classes.permissions import leads
from classes.selectors import count_free, list_free_colleagues
from classes.teaching import Roster, find_managed_session, make_led_rows, opens_at, read_roster
from classes.teaching_forms import LetterForm, WalkInForm
from classes.views.teaching import leader
from common import clock
from common.errors import DomainError, UnknownAction
from common.kept_answers import show_at
from reservations.domain.values import Customer
from reservations.exceptions import CapacityReached, SlotTaken


@never_cache
@login_required
@require_safe
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    return show(request, find_managed_session(request.user, session_id))


def path_of(session: Session) -> str:
    return reverse("teach-session", args=[session.pk])


def show(request: HttpRequest, session: Session, *, status: int = 200, **more: Any) -> HttpResponse:
    """``more``: forms that are wrong, a ``problem``."""
    now = clock.now()
    roster = read_roster(session)
    [row] = make_led_rows([session], [session.facilitator], now)
    context: dict[str, Any] = {
        "row": row,
        "session": session,
        "venue": session.venue,
        "face": session.venue,
        "zone": session.venue.zone_name,
        "now": now,
        "roster": roster,
        "owed": read_owed(roster.seats, session.venue, now),
        "counts": roster.count(),
        "is_theirs": leads(request.user, session),
        "can_mark": session.status != SessionStatus.CANCELLED and now >= opens_at(session),
        "has_begun": now >= session.starts_at,
        "can_add": session.is_active and now < session.ends_at and not session.has_tiers,
        "walk_in": WalkInForm(initial={"key": str(uuid4())}),
        "letter": LetterForm(initial={"key": str(uuid4())}),
        **_describe_request(session),
        **more,
    }
    response = render(request, "classes/teach/session.html", context, status=status)
    return show_at(response, path_of(session))


def _describe_request(session: Session) -> dict[str, Any]:
    """Whom a request for a substitute reaches."""
    if session.substitute_wanted_at is None:
        return {}
    colleagues = list_free_colleagues(session)
    declined = [each for each in colleagues if each.pk in session.substitute_declined]
    asked = [each for each in colleagues if each not in declined]
    return {"asked": asked, "declined": declined}


@never_cache
@login_required
@require_POST
def attendance(request: HttpRequest, session_id: int) -> HttpResponse:
    """``mark`` is a booking and what is recorded of it, or ``all`` for everybody who is not recorded yet."""
    found = find_managed_session(request.user, session_id)
    roster = read_roster(found)
    marks, focus = _read_marks(request.POST.get("mark", ""), roster)
    if not focus:
        return show(request, found, status=400, problem=UnknownAction())
    try:
        services.record_attendance(session_id=found.pk, marks=marks, actor=leader(request))
    except DomainError as error:
        return show(request, found, status=error.status, problem=error)
    return redirect(f"{path_of(found)}#{focus}")


def _read_marks(text: str, roster: Roster) -> tuple[Mapping[int, Attendance], str]:
    """With the part of the page at which one goes on."""
    if text == "all":
        return {seat.pk: Attendance.PRESENT for seat in roster.unrecorded}, "roster"
    number, _colon, mark = text.partition(":")
    seat = next((seat for seat in roster.seats if str(seat.pk) == number), None)
    if seat is None or mark not in Attendance.values:
        return {}, ""
    return {seat.pk: Attendance(mark)}, f"seat-{seat.pk}"


@never_cache
@login_required
@require_POST
def walk_in(request: HttpRequest, session_id: int) -> HttpResponse:
    """Somebody who came without a booking: their name is enough."""
    found = find_managed_session(request.user, session_id)
    form = WalkInForm(request.POST)
    if not form.is_valid():
        return show(request, found, status=400, walk_in=form)
    name, quantity = form.cleaned_data["name"], form.cleaned_data["quantity"]
    try:
        seat = services.add_walk_in(
            session_id=found.pk,
            customer=Customer(name=name),
            actor=leader(request),
            quantity=quantity,
            idempotency_key=form.make_key(),
        )
    except (SlotTaken, CapacityReached) as error:
        left = count_free([found])[found.pk]
        few = ngettext("Only %(number)s place is left.", "Only %(number)s places are left.", left)
        form.add_error("quantity", few % {"number": left} if left else _("All places are taken."))
        return show(request, found, status=error.status, walk_in=form)
    except DomainError as error:
        form.mark(error)
        return show(request, found, status=error.status, walk_in=form, problem=error)
    messages.success(request, _("%(name)s is on the roster.") % {"name": name})
    return redirect(f"{path_of(found)}#seat-{seat.pk}")


@never_cache
@login_required
@require_POST
def letter(request: HttpRequest, session_id: int) -> HttpResponse:
    """A message to everybody who has booked."""
    found = find_managed_session(request.user, session_id)
    form = LetterForm(request.POST)
    if not form.is_valid():
        return show(request, found, status=400, letter=form)
    key = form.cleaned_data["key"] or str(uuid4())
    text = form.cleaned_data["text"].strip()
    try:
        sent = services.write_letter(session_id=found.pk, text=text, key=key, actor=leader(request))
    except DomainError as error:
        form.mark(error)
        return show(request, found, status=error.status, letter=form, problem=error)
    told = ngettext(
        "Your message goes to %(number)s booking.", "Your message goes to %(number)s bookings.", sent.told
    )
    messages.success(request, told % {"number": sent.told})
    if sent.missed:
        missed = _("Without an email address, and not told: %(names)s")
        messages.warning(request, missed % {"names": ", ".join(sent.missed)})
    return redirect(path_of(found))
