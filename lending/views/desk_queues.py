"""A queue as staff see it: who waits, why they were passed over, and moving somebody up or down."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.clock import now
from common.errors import DomainError, InvalidInput, NotFound, UnknownAction
from lending.enums import QueueRule
from lending.exceptions import LoanNotFound
from lending.models import Loan, Queue
from lending.selectors import list_queue
from lending.services import move_loan
from lending.terms import terms_at
from lending.views.desk import find_desk, read_version, shared_context, staff_actor
from resources.models import Venue

MOST_SHOWN = 200


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: HttpRequest, venue_slug: str, queue_id: int) -> HttpResponse:
    venue = find_desk(request, venue_slug)
    found = Queue.objects.filter(venue=venue, pk=queue_id).select_related("resource", "group").first()
    if found is None:
        raise NotFound
    waiting = list_queue(found, now())
    if request.method != "POST":
        return _show(request, venue, found, waiting)
    try:
        moved = _move(request, waiting)
    except DomainError as error:
        return _show(request, venue, found, list_queue(found, now()), error)
    messages.success(request, _("Moved: %(name)s") % {"name": moved.who})
    return redirect("lend-desk-queue", venue.slug, found.pk)


def _move(request: HttpRequest, waiting: list[Loan]) -> Loan:
    """``move`` is up, down, first or last, and whose place: it counts as the page has shown it."""
    direction, _colon, key = request.POST.get("move", "").partition(":")
    place = next((index for index, loan in enumerate(waiting) if str(loan.uuid) == key), None)
    if direction not in ("up", "down", "first", "last"):
        raise UnknownAction
    if place is None:
        raise LoanNotFound
    others = [loan for loan in waiting if str(loan.uuid) != key]
    target = {"first": 0, "up": place - 1, "down": place + 1, "last": len(others)}[direction]
    if not 0 <= target <= len(others):
        raise InvalidInput(_("This person can't be moved any further."))
    before: UUID | None = others[target].uuid if target < len(others) else None
    return move_loan(
        loan_id=waiting[place].uuid,
        before=before,
        reason=request.POST.get("reason", ""),
        actor=staff_actor(request),
        version=None if waiting[place].valid_until else read_version(request, f"version:{key}"),
    )


def _show(
    request: HttpRequest, venue: Venue, found: Queue, waiting: list[Loan], problem: DomainError | None = None
) -> HttpResponse:
    terms = [terms_at(venue.pk).get(found.resource_id or 0)]
    context: dict[str, Any] = {
        **shared_context(request, venue),
        "queue": found,
        "waiting": waiting[:MOST_SHOWN],
        "count": len(waiting),
        "is_fair": any(each and each.queue_rule == QueueRule.FAIR for each in terms),
        "problem": problem,
        "reason": request.POST.get("reason", ""),
        "reason_missing": problem is not None and "reason" in problem.fields,
    }
    return render(request, "lending/desk/queue.html", context, status=problem.status if problem else 200)
