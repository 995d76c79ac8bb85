"""The desk: a box for codes, and what is to be approved, handed out and taken back."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common.clock import now
from common.errors import DomainError, Forbidden, InvalidInput, NotFound, UnknownAction
from common.parsing import parse_uuid
from common.venues import MANAGING, directory
from lending import services
from lending.desk import (
    Row,
    describe_row,
    find_free_copies,
    find_loans,
    find_named,
    list_columns,
    list_queues,
)
from lending.enums import LIVE, PRODUCT, CopyState, Status
from lending.exceptions import LoanNotFound
from lending.models import Copy, Loan
from lending.permissions import can_see_thing, manages_loans
from lending.scanning import PARAMETER, Scan, find_scanned, read_code
from reservations.domain.values import Actor
from reservations.enums import Source
from resources.enums import Role
from resources.models import Venue
from resources.permissions import works_at
from resources.selectors import named_venue

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 200
DONE: dict[str, Any] = {
    "approve": gettext_lazy("Approved: %s"),
    "decline": gettext_lazy("Declined: %s"),
    "hand-out": gettext_lazy("Handed out: %s"),
    "return": gettext_lazy("Returned: %s"),
    "found": gettext_lazy("Found: %s"),
    "restore": gettext_lazy("Back in service: %s"),
}


def staff_actor(request: HttpRequest) -> Actor:
    return Actor(request.user if request.user.is_authenticated else None, Source.STAFF)


def find_venue(request: HttpRequest, name: str, *, manager: bool = False) -> Venue:
    """Raises ``NotFound`` outside one's venues and where nothing is lent, ``Forbidden`` for the role."""
    venue = named_venue(name)
    if not works_at(request.user, venue.pk):
        raise NotFound
    if not (
        works_at(request.user, venue.pk, Role.MANAGER) if manager else manages_loans(request.user, venue.pk)
    ):
        raise Forbidden
    return venue


def find_desk(request: HttpRequest, name: str) -> Venue:
    """What people have has to come back, also once the venue has stopped lending."""
    venue = find_venue(request, name)
    if directory().offers(venue.pk, PRODUCT) or works_at(request.user, venue.pk, Role.MANAGER):
        return venue
    if not Loan.objects.filter(venue=venue, status__in=(*LIVE, Status.LOST)).exists():
        raise NotFound
    return venue


@never_cache
@login_required
@require_safe
def choose_desk(request: HttpRequest) -> HttpResponse:
    """Of venues that lend; a manager's others are there to begin with."""
    venues = list(directory().staffed_by(request.user, *MANAGING).order_by("name", "pk"))
    offering = set(directory().offering(PRODUCT).values_list("pk", flat=True))
    lending = [venue for venue in venues if venue.pk in offering]
    others = [
        venue
        for venue in venues
        if venue.pk not in offering and works_at(request.user, venue.pk, Role.MANAGER)
    ]
    if not lending and not others:
        raise NotFound
    # Who works at one desk is not asked every day where else they could begin.
    if len(lending) == 1 and not (others and request.GET.get("all")):
        return redirect("lend-desk", lending[0].slug)
    if len(others) == 1 and not lending:
        return redirect("lend-desk-things", others[0].slug)
    return render(request, "lending/desk/choose.html", {"venues": lending, "others": others})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest, venue_slug: str) -> HttpResponse:
    code = read_code(request.GET.get(PARAMETER, ""), venue_slug)
    if code and request.method != "POST" and (thing_page := _find_thing_page(request, venue_slug, code)):
        return redirect(thing_page)
    venue = find_desk(request, venue_slug)
    if request.method != "POST":
        return _show(request, venue, code=code)
    action, _colon, only = request.POST.get("action", "").partition(":")
    if action == "scan":
        return _answer_scan(request, venue)
    if action not in DONE:
        return _show(request, venue, problem=UnknownAction())
    outcome = _run(request, venue, action, only)
    _tell(request, action, outcome)
    if outcome.failed or outcome.problem:
        return _show(request, venue, code=code, outcome=outcome, problem=outcome.problem)
    return redirect("lend-desk", venue.slug)


def _find_thing_page(request: HttpRequest, venue_slug: str, code: str) -> str:
    """Whoever reads a label and does not work there is led to the thing itself."""
    venue = named_venue(venue_slug)
    if works_at(request.user, venue.pk):
        return ""
    scan = find_scanned(venue, code, now())
    if scan is None or not can_see_thing(request.user, scan.resource, venue):
        raise NotFound
    return reverse("lend-thing", args=[venue.slug, scan.resource.slug])


# --- Codes ---------------------------------------------------------------------------------------


def _answer_scan(request: HttpRequest, venue: Venue) -> HttpResponse:
    """The same code once more means yes to what was proposed for it."""
    code = read_code(request.POST.get(PARAMETER, ""), venue.slug)
    scan = find_scanned(venue, code, now()) if code else None
    if scan and scan.steps and _proposal(scan) == request.POST.get("proposed"):
        step = scan.steps[0]
        if step.action in DONE:
            outcome = _run_scanned(request, venue, scan)
            _tell(request, step.action, outcome)
            if outcome.failed or outcome.problem:
                return _show(request, venue, code=code, outcome=outcome, problem=outcome.problem)
            return redirect("lend-desk", venue.slug)
    address = reverse("lend-desk", args=[venue.slug])
    return redirect(f"{address}?{urlencode({PARAMETER: code})}" if code else address)


def _proposal(scan: Scan) -> str:
    """By which it is noticed that something else has come in between."""
    step = scan.steps[0]
    return f"{scan.code}:{step.action}:{step.loan.uuid if step.loan else ''}"


def _run_scanned(request: HttpRequest, venue: Venue, scan: Scan) -> "Outcome":
    step, data = scan.steps[0], QueryDict(mutable=True)
    if step.loan is None:
        copy_key = str(scan.copy.pk) if scan.copy else ""
        return _run_all(venue, step.action, [copy_key], data, staff_actor(request))
    loan_id = str(step.loan.uuid)
    data[f"copy:{loan_id}"] = scan.copy.code if scan.copy else ""
    return _run_all(venue, step.action, [loan_id], data, staff_actor(request))


# --- Many at once --------------------------------------------------------------------------------


@dataclass
class Outcome:
    """``done`` in words; ``failed`` by the id of its row, which the others did not wait for."""

    done: list[str] = field(default_factory=list)
    failed: dict[str, DomainError] = field(default_factory=dict)
    problem: DomainError | None = None


def _run(request: HttpRequest, venue: Venue, action: str, only: str) -> Outcome:
    chosen = [only] if only else list(dict.fromkeys(request.POST.getlist("loan")))
    if not chosen:
        return Outcome(problem=InvalidInput(_("Choose at least one.")))
    if len(chosen) > MOST_AT_ONCE:
        return Outcome(problem=InvalidInput(_("Choose %(most)d or fewer.") % {"most": MOST_AT_ONCE}))
    return _run_all(venue, action, chosen, request.POST, staff_actor(request))


def _run_all(venue: Venue, action: str, ids: Sequence[str], data: QueryDict, actor: Actor) -> Outcome:
    outcome = Outcome()
    for each in ids:
        try:
            outcome.done.append(ACTS[action](venue, each, data, actor))
        except DomainError as error:
            outcome.failed[each] = error
        except Exception:  # one broken row takes none of the others with it
            logger.exception("%s of %s at the desk failed", action, each)
            outcome.failed[each] = DomainError(
                _("Something went wrong. Try this one again."), code="server_error"
            )
    return outcome


def _tell(request: HttpRequest, action: str, outcome: Outcome) -> None:
    if outcome.done:
        messages.success(request, str(DONE[action]) % ", ".join(outcome.done))
    if outcome.failed:
        text = ngettext("%d did not work; see below.", "%d did not work; see below.", len(outcome.failed))
        messages.warning(request, text % len(outcome.failed))


def find_loan(venue: Venue, id: str) -> Loan:
    """Raises ``LoanNotFound``, also for loans of other venues."""
    try:
        loan_id = parse_uuid(id)
    except InvalidInput as error:
        raise LoanNotFound from error
    loan = find_loans(venue, [loan_id]).get(str(loan_id))
    if loan is None:
        raise LoanNotFound
    return loan


def read_version(request: HttpRequest, name: str) -> int | None:
    """Which the page has shown."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def describe(loan: Loan) -> str:
    return f"{loan.thing.name} ({loan.who})"


def _approve(venue: Venue, id: str, data: QueryDict, actor: Actor) -> str:
    return describe(services.approve_loan(loan_id=find_loan(venue, id).uuid, actor=actor))


def _decline(venue: Venue, id: str, data: QueryDict, actor: Actor) -> str:
    reason = data.get(f"reason:{id}", "")
    if not reason.strip():
        raise InvalidInput(_("Enter a reason."))
    return describe(services.decline_loan(loan_id=find_loan(venue, id).uuid, actor=actor, reason=reason))


def _hand_out(venue: Venue, id: str, data: QueryDict, actor: Actor) -> str:
    loan = services.hand_out(
        loan_id=find_loan(venue, id).uuid,
        actor=actor,
        copy_code=data.get(f"copy:{id}", ""),
        condition=data.get(f"note:{id}", ""),
        accessories=data.getlist(f"with:{id}"),
    )
    return describe(loan)


def _take_back(venue: Venue, id: str, data: QueryDict, actor: Actor) -> str:
    loan = services.return_loan(
        loan_id=find_loan(venue, id).uuid,
        actor=actor,
        by_staff=True,
        condition=data.get(f"note:{id}", ""),
        missing=data.getlist(f"without:{id}"),
        repair=bool(data.get(f"repair:{id}")),
    )
    return describe(loan)


def _find(venue: Venue, id: str, data: QueryDict, actor: Actor) -> str:
    return describe(services.mark_found(loan_id=find_loan(venue, id).uuid, actor=actor))


def find_copy(copies: QuerySet[Copy], key: str) -> Copy:
    """Raises ``NotFound``."""
    is_key = key.isascii() and key.isdigit() and len(key) < 18
    copy = copies.filter(pk=int(key)).select_related("resource").first() if is_key else None
    if copy is None:
        raise NotFound
    return copy


def _restore(venue: Venue, id: str, data: QueryDict, actor: Actor) -> str:
    copy = find_copy(Copy.objects.filter(venue=venue), id)
    services.change_copy(copy=copy, state=CopyState.IN_SERVICE)
    return copy.code


ACTS: dict[str, Callable[[Venue, str, QueryDict, Actor], str]] = {
    "approve": _approve,
    "decline": _decline,
    "hand-out": _hand_out,
    "return": _take_back,
    "found": _find,
    "restore": _restore,
}


# --- The page ------------------------------------------------------------------------------------


def _show(
    request: HttpRequest,
    venue: Venue,
    *,
    code: str = "",
    outcome: Outcome | None = None,
    problem: DomainError | None = None,
) -> HttpResponse:
    at = now()
    scan = find_scanned(venue, code, at) if code else None
    # What is no code may be a name.
    columns = list_columns(venue, at, code if code and scan is None else "")
    context = {
        **shared_context(request, venue),
        "code": code,
        "scan": scan,
        "proposed": _proposal(scan) if scan and scan.steps else "",
        "scanned": _describe_scanned(scan),
        "named": find_named(venue, code) if code and scan is None else [],
        "asked": columns["approve"],
        "ready": columns["hand-out"],
        "out": columns["return"],
        "lost": columns["found"],
        "is_empty": not any(column.rows for column in columns.values()),
        "queues": list_queues(venue)[:MOST_QUEUES],
        "failed": outcome.failed if outcome else {},
        "problem": problem,
        "sent": request.POST,
        "live": urlencode({"venue": venue.slug}),
    }
    status = 200 if problem is None and not (outcome and outcome.failed) else _find_status(outcome, problem)
    return render(request, "lending/desk/desk.html", context, status=status)


MOST_QUEUES = 20


def _find_status(outcome: Outcome | None, problem: DomainError | None) -> int:
    errors = [problem] if problem else list(outcome.failed.values()) if outcome else []
    return max((error.status for error in errors), default=400)


def _describe_scanned(scan: Scan | None) -> list[tuple[str, Row | None]]:
    """Each step, with what can be ticked for its loan."""
    if scan is None:
        return []
    loans = [step.loan for step in scan.steps if step.loan]
    copies = find_free_copies([loan.resource_id or 0 for loan in loans]) if loans else {}
    at = now()
    return [
        (step.action, describe_row(step.loan, copies, at, step.away) if step.loan else None)
        for step in scan.steps
    ]


def shared_context(request: HttpRequest, venue: Venue) -> dict[str, Any]:
    return {
        "venue": venue,
        "face": venue,
        "zone": venue.zone_name,
        "is_manager": works_at(request.user, venue.pk, Role.MANAGER),
    }
