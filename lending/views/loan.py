from collections.abc import Callable, Collection
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from common import clock
from common.errors import DomainError, Forbidden
from common.forms import AccessibleForm
from common.kept_answers import came_from, show_at
from common.parsing import parse_int
from lending import services
from lending.enums import Kind
from lending.exceptions import LoanNotFound
from lending.forms import PauseForm, PurposeForm
from lending.models import Loan
from lending.permissions import can_change, can_manage, can_view, is_own
from lending.places import find_loan
from lending.rows import list_heard, make_rows
from lending.words import list_history
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.exceptions import StaleVersion, TransitionNotAllowed

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Change = Callable[[HttpRequest, Loan, Actor], AccessibleForm | None]
"""Gives back the form if something is wrong in it."""


@never_cache
@login_required
@require_safe
def loan(request: HttpRequest, loan_id: UUID) -> HttpResponse:
    return _show(request, _find(request, loan_id))


@never_cache
@login_required
@require_safe
def of_booking(request: HttpRequest, reservation_id: UUID) -> HttpResponse:
    """From the calendar, which knows the reservation behind a loan; staff are led to their desk."""
    found = Loan.objects.filter(reservation=reservation_id).select_related("venue").first()
    if found is None or not can_view(request.user, found):
        raise LoanNotFound
    if can_manage(request.user, found) and not is_own(request.user, found):
        return redirect("lend-desk-loan", found.venue.slug, found.uuid)
    return redirect("lend-loan", found.uuid)


def _find(request: HttpRequest, loan_id: UUID) -> Loan:
    """Raises ``LoanNotFound``, also where it may not be seen."""
    found = find_loan(loan_id)
    if found is None or not can_view(request.user, found):
        raise LoanNotFound
    return found


def _changes(said: "StrOrPromise", *kinds: Kind) -> Callable[[Change], Callable[..., HttpResponse]]:
    """A form of one button; ``said`` when it is done. Sent twice, it does nothing more.

    ``kinds`` are what it does: if the same person has just done that, it is done.
    """

    def wrap(change: Change) -> Callable[..., HttpResponse]:
        @never_cache
        @require_POST
        @wraps(change)
        def act(request: HttpRequest, loan_id: UUID) -> HttpResponse:
            if not isinstance(request.user, User):
                return redirect_to_login(reverse("lend-loan", args=[loan_id]))
            found = _find(request, loan_id)
            if not can_change(request.user, found):
                raise Forbidden
            try:
                wrong = change(request, found, _actor(request, found))
            except DomainError as error:
                shown = _find(request, found.uuid)
                if not _is_done(request, shown, error, kinds):
                    return _show(request, shown, status=error.status, problem=error)
                wrong = None
            if wrong is not None:
                return _show(request, found, status=400, form=wrong)
            messages.success(request, said)
            return _lead_back(request, found)

        return act

    return wrap


def _actor(request: HttpRequest, found: Loan) -> Actor:
    assert isinstance(request.user, User)  # noqa: S101  (``_changes`` has seen to it)
    by_staff = can_manage(request.user, found) and not is_own(request.user, found)
    return Actor(request.user, source=Source.STAFF) if by_staff else Actor(request.user)


def _is_done(request: HttpRequest, found: Loan, error: DomainError, kinds: Collection[Kind]) -> bool:
    """A second click, or Back and once more."""
    if not isinstance(error, (StaleVersion, TransitionNotAllowed)):
        return False
    last = found.events.order_by("pk").last()
    return last is not None and last.kind in kinds and last.actor_id == request.user.pk


def _lead_back(request: HttpRequest, found: Loan) -> HttpResponse:
    mine, here = reverse("lend-mine"), reverse("lend-loan", args=[found.uuid])
    return redirect(mine if came_from(request).partition("?")[0] == mine else here)


@_changes(_("Returned. Thank you."), Kind.RETURNED)
def give_back(request: HttpRequest, found: Loan, actor: Actor) -> AccessibleForm | None:
    by_staff = can_manage(request.user, found)
    services.return_loan(loan_id=found.uuid, actor=actor, by_staff=by_staff)
    return None


@_changes(_("Renewed."), Kind.RENEWED)
def renew(request: HttpRequest, found: Loan, actor: Actor) -> AccessibleForm | None:
    version = parse_int(request.POST.get("version", ""), "version", most=2**31 - 1)
    services.renew_loan(loan_id=found.uuid, actor=actor, version=version)
    return None


@_changes(_("Kept."))
def keep(request: HttpRequest, found: Loan, actor: Actor) -> AccessibleForm | None:
    services.keep_alive(loan_id=found.uuid, actor=actor)
    return None


@_changes(_("Cancelled."), Kind.CANCELLED)
def cancel(request: HttpRequest, found: Loan, actor: Actor) -> AccessibleForm | None:
    services.cancel_loan(loan_id=found.uuid, actor=actor)
    return None


@_changes(_("Paused. You keep your place."))
def pause(request: HttpRequest, found: Loan, actor: Actor) -> AccessibleForm | None:
    form = PauseForm(request.POST, zone=found.venue.zone)
    if not form.is_valid():
        return form
    try:
        services.suspend_loan(loan_id=found.uuid, actor=actor, until=form.instant())
    except DomainError as error:
        if not error.fields:
            raise
        form.mark(error)
        return form
    return None


@_changes(_("You're waiting again, at your place."))
def resume(request: HttpRequest, found: Loan, actor: Actor) -> AccessibleForm | None:
    services.resume_loan(loan_id=found.uuid, actor=actor)
    return None


@_changes(_("Saved."))
def edit(request: HttpRequest, found: Loan, actor: Actor) -> AccessibleForm | None:
    form = PurposeForm(request.POST)
    if not form.is_valid():
        return form
    services.edit_loan(loan_id=found.uuid, actor=actor, purpose=form.cleaned_data["purpose"])
    return None


def _show(
    request: HttpRequest,
    found: Loan,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    form: AccessibleForm | None = None,
) -> HttpResponse:
    now = clock.now()
    [row] = make_rows([found], request.user, now)
    context: dict[str, Any] = {
        "row": row,
        "live": list_heard([row], request.user),
        "face": found.venue,
        "zone": found.venue.zone,
        "now": now,
        "problem": problem,
        "is_own": is_own(request.user, found),
        "may_change": can_change(request.user, found),
        "history": list_history(found, found.events.order_by("pk")),
        "pause_form": form if isinstance(form, PauseForm) else PauseForm(zone=found.venue.zone),
        "purpose_form": form
        if isinstance(form, PurposeForm)
        else PurposeForm(initial={"purpose": found.purpose}),
        "pause_open": isinstance(form, PauseForm),
        "purpose_open": isinstance(form, PurposeForm),
    }
    response = render(request, "lending/loan.html", context, status=status)
    return show_at(response, reverse("lend-loan", args=[found.uuid]))
