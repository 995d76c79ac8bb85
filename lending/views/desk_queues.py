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
from lending.exceptions import LoanNotFound
from lending.models import Loan, Queue
from lending.selectors import QueueOrder, find_positions
from lending.services import move_loan
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
    waiting = QueueOrder(found, now())
    if request.method != "POST":
        return _show(request, venue, found, waiting)
    try:
        moved = _move(request, waiting)
    except DomainError as error:
        return _show(request, venue, found, QueueOrder(found, now()), error)
    messages.success(request, _("Moved: %(name)s") % {"name": moved.who})
    return redirect("lend-desk-queue", venue.slug, found.pk)


def _move(request: HttpRequest, waiting: QueueOrder) -> Loan:
    """``move`` is up, down, first or last, and whose place: it counts as the page has shown it."""
    direction, _colon, key = request.POST.get("move", "").partition(":")
    ids = waiting.ids
    place = next((index for index, id in enumerate(ids) if str(id) == key), None)
    if direction not in ("up", "down", "first", "last"):
        raise UnknownAction
    if place is None:
        raise LoanNotFound
    others = [id for id in ids if str(id) != key]
    target = {"first": 0, "up": place - 1, "down": place + 1, "last": len(others)}[direction]
    if not 0 <= target <= len(others):
        raise InvalidInput(_("This person can't be moved any further."))
    before: UUID | None = others[target] if target < len(others) else None
    has_lease = Loan.objects.filter(uuid=key, valid_until__isnull=False).exists()
    return move_loan(
        loan_id=ids[place],
        before=before,
        reason=request.POST.get("reason", ""),
        actor=staff_actor(request),
        version=None if has_lease else read_version(request, f"version:{key}"),
    )


def _show(
    request: HttpRequest, venue: Venue, found: Queue, waiting: QueueOrder, problem: DomainError | None = None
) -> HttpResponse:
    shown = waiting[:MOST_SHOWN]
    context: dict[str, Any] = {
        **shared_context(request, venue),
        "queue": found,
        "waiting": shown,
        "positions": find_positions(shown, now()),
        "count": len(waiting),
        "is_fair": waiting.is_fair,
        "problem": problem,
        "reason": request.POST.get("reason", ""),
        "reason_missing": problem is not None and "reason" in problem.fields,
    }
    return render(request, "lending/desk/queue.html", context, status=problem.status if problem else 200)
