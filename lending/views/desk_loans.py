"""One loan as staff see it, with every step that its state allows; and lending on behalf of somebody."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.clock import now
from common.errors import DomainError, NotFound, UnknownAction
from lending import desk_forms as forms
from lending import services
from lending.beginning import find_away
from lending.desk import find_free_copies, find_renewed_due, list_accessories, list_parts_out, list_swaps
from lending.enums import Status
from lending.lend_form import LendForm
from lending.models import Lendable, Loan
from lending.permissions import allowed_actions
from lending.selectors import find_positions
from lending.terms import terms_at
from lending.views.desk import find_desk, find_loan, read_version, shared_context, staff_actor
from lending.words import time_text
from resources.catalog import catalog
from resources.models import Resource, ResourceGroup, Venue

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """A step with its words; ``run`` is given the service's arguments. ``bad``: it takes something away."""

    label: str | Promise
    done: str | Promise
    service: Callable[..., Loan]
    form: type[forms.LoanForm] = forms.NothingForm
    is_bad: bool = False
    fixed: Mapping[str, Any] | None = None


DEEDS: dict[str, Deed] = {
    "approve": Deed(
        gettext_lazy("Approve"), gettext_lazy("Approved."), services.approve_loan, forms.ApproveForm
    ),
    "hand-out": Deed(
        gettext_lazy("Hand out"), gettext_lazy("Handed out."), services.hand_out, forms.HandOutForm
    ),
    "return": Deed(
        gettext_lazy("Take back"),
        gettext_lazy("Returned."),
        services.return_loan,
        forms.ReturnForm,
        fixed={"by_staff": True},
    ),
    "return-some": Deed(
        gettext_lazy("Take back some of it"),
        gettext_lazy("Some of it is back."),
        services.return_some,
        forms.SomeForm,
        fixed={"by_staff": True},
    ),
    "found": Deed(gettext_lazy("Found"), gettext_lazy("Found."), services.mark_found, forms.FoundForm),
    "renew": Deed(gettext_lazy("Renew"), gettext_lazy("Renewed."), services.renew_loan, forms.RenewForm),
    "keep-alive": Deed(gettext_lazy("Keep it for them"), gettext_lazy("Kept."), services.keep_alive),
    "recall": Deed(
        gettext_lazy("Recall"), gettext_lazy("Recalled: due %(due)s."), services.recall_loan, forms.RecallForm
    ),
    "swap": Deed(
        gettext_lazy("Swap for another one"), gettext_lazy("Swapped."), services.swap_loan, forms.SwapForm
    ),
    "suspend": Deed(
        gettext_lazy("Pause their place"), gettext_lazy("Paused."), services.suspend_loan, forms.SuspendForm
    ),
    "resume": Deed(gettext_lazy("Resume their place"), gettext_lazy("Resumed."), services.resume_loan),
    "edit": Deed(gettext_lazy("Edit"), gettext_lazy("Saved."), services.edit_loan, forms.EditForm),
    "decline": Deed(
        gettext_lazy("Decline"),
        gettext_lazy("Declined."),
        services.decline_loan,
        forms.NeededReasonForm,
        is_bad=True,
    ),
    "cancel": Deed(
        gettext_lazy("Cancel the loan"),
        gettext_lazy("Cancelled."),
        services.cancel_loan,
        forms.ReasonForm,
        is_bad=True,
    ),
    "force-return": Deed(
        gettext_lazy("End it without them"),
        gettext_lazy("Ended. It counts as returned."),
        services.force_return,
        forms.NeededReasonForm,
        is_bad=True,
    ),
    "lost": Deed(
        gettext_lazy("Mark as lost"),
        gettext_lazy("Marked as lost."),
        services.mark_lost,
        forms.ReasonForm,
        is_bad=True,
    ),
}
WITHOUT_VERSION = ("keep-alive",)
UNFINISHED = (Status.REQUESTED, Status.APPROVED, Status.OUT)


@dataclass(frozen=True, slots=True)
class Option:
    """A step as the page offers it."""

    name: str
    deed: Deed
    form: forms.LoanForm

    @property
    def is_possible(self) -> bool:
        """Nothing else is free to swap it for."""
        return not isinstance(self.form, forms.SwapForm) or bool(self.form.others)

    @property
    def is_plain(self) -> bool:
        """One button, nothing to fill in."""
        return not self.form.fields


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def loan(request: HttpRequest, venue_slug: str, loan_id: UUID) -> HttpResponse:
    venue = find_desk(request, venue_slug)
    found = find_loan(venue, str(loan_id))
    if request.method != "POST":
        return _show(request, venue, found)
    action = request.POST.get("action", "")
    if action not in _list_actions(request, found) and action not in DEEDS:
        return _show(request, venue, found, problem=UnknownAction())
    return _act(request, venue, found, action)


def _list_actions(request: HttpRequest, found: Loan) -> list[str]:
    terms = _find_terms(found)
    is_away = bool(find_away(catalog(found.venue_id), [found], now()))
    allowed = set(allowed_actions(request.user, found, terms, is_away=is_away))
    if found.status in UNFINISHED:
        allowed.add("edit")
    if "return" in allowed and (found.units > 1 or list_parts_out(found)):
        allowed.add("return-some")
    return [name for name in DEEDS if name in allowed]


def _find_terms(found: Loan) -> Any:
    return terms_at(found.venue_id).get(found.resource_id or 0)


def _act(request: HttpRequest, venue: Venue, found: Loan, action: str) -> HttpResponse:
    deed = DEEDS[action]
    form = _make_form(venue, found, deed, request.POST)
    if not form.is_valid():
        return _show(request, venue, found, wrong=(action, form), status=400)
    arguments = {**form.cleaned_data, **(deed.fixed or {})}
    # A lease is renewed all the time, which is no reason to look again.
    if action not in WITHOUT_VERSION and not found.valid_until:
        arguments["version"] = read_version(request, "version")
    try:
        changed = deed.service(loan_id=found.uuid, actor=staff_actor(request), **arguments)
    except DomainError as error:
        form.mark(error)
        found = find_loan(venue, str(found.uuid))
        return _show(request, venue, found, wrong=(action, form), problem=error, status=error.status)
    due = time_text(changed.due_at, venue.zone) if changed.due_at else ""
    messages.success(request, str(deed.done) % {"due": due})
    return redirect("lend-desk-loan", venue.slug, found.uuid)


def _make_form(venue: Venue, found: Loan, deed: Deed, data: Any = None) -> forms.LoanForm:
    more: dict[str, Any] = {}
    if deed.form is forms.ApproveForm:
        more["things"] = list_lent(venue, found.group)
    elif deed.form is forms.RenewForm:
        due = find_renewed_due(found, now())
        more["until"] = time_text(due, venue.zone) if due else ""
    elif deed.form is forms.SwapForm:
        more["things"] = list_swaps(found, now())
    elif deed.form is forms.HandOutForm:
        free = find_free_copies([found.resource_id or 0]) if found.units == 1 else {}
        more = {"copies": free.get(found.resource_id or 0, ()), "accessories": list_accessories(found)}
    elif deed.form is forms.SomeForm:
        more["parts"] = list_parts_out(found)
    elif deed.form is forms.EditForm:
        more["initial"] = {"purpose": found.purpose, "priority": found.priority}
    return deed.form(data, loan=found, auto_id=f"id_{deed.service.__name__}_%s", **more)


def list_lent(venue: Venue, group: ResourceGroup | None = None) -> list[Resource]:
    """Active things that are lent there, of the group if there is one."""
    things = Resource.objects.filter(venue=venue, pk__in=terms_at(venue.pk), is_active=True)
    if group is not None:
        things = things.filter(groups=group)
    return list(things.order_by("name", "pk"))


def _show(
    request: HttpRequest,
    venue: Venue,
    found: Loan,
    *,
    wrong: tuple[str, forms.LoanForm] | None = None,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    options = [
        Option(
            name,
            DEEDS[name],
            wrong[1] if wrong and wrong[0] == name else _make_form(venue, found, DEEDS[name]),
        )
        for name in _list_actions(request, found)
    ]
    options = [option for option in options if option.is_possible or option.name == (wrong or ("",))[0]]
    context = {
        **shared_context(request, venue),
        "loan": found,
        "options": options,
        "main": options[0] if options and options[0].name in MAIN else None,
        "wrong": wrong[0] if wrong else "",
        "wrong_form": wrong[1] if wrong else None,
        "problem": problem,
        "position": find_positions([found], now()).get(found.pk),
        "is_overdue": found.is_overdue(now()),
        "events": list(found.events.select_related("actor")),
    }
    status = problem.status if problem and status == 200 else status
    return render(request, "lending/desk/loan.html", context, status=status)


MAIN = ("approve", "hand-out", "return", "found")


# --- On behalf -----------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lend(request: HttpRequest, venue_slug: str) -> HttpResponse:
    venue = find_desk(request, venue_slug)
    things = _list_things(venue)
    form = _make_lend_form(request, venue, things)
    if request.method != "POST":
        return _show_lend(request, venue, form, things)
    if not form.is_valid():
        return _show_lend(request, venue, form, things, status=400)
    if form.has_more and request.POST.get("asked") != request.POST.get("thing"):
        return _show_lend(request, venue, form, things, ask_more=True)
    try:
        made = services.lend(actor=staff_actor(request), **form.wish)
    except NotFound:
        raise
    except DomainError as error:
        form.mark(error)
        return _show_lend(request, venue, form, things, problem=error, status=error.status)
    messages.success(request, _describe_made(made))
    return redirect("lend-desk-loan", venue.slug, made.uuid)


def _make_lend_form(
    request: HttpRequest, venue: Venue, things: Sequence[Resource | ResourceGroup]
) -> LendForm:
    """Which copy and what goes with it is asked of the thing that is chosen."""
    sent, asked = request.POST.copy(), request.GET
    if sent.get("asked") != sent.get("thing"):
        for name in ("copy_code", "accessories"):
            sent.pop(name, None)
    key = (sent if request.method == "POST" else asked).get("thing", "")
    thing = next((each for each in things if isinstance(each, Resource) and str(each.uuid) == key), None)
    more: dict[str, Any] = {}
    if thing is not None:
        lendable = Lendable.objects.filter(resource=thing).first()
        more = {
            "copies": find_free_copies([thing.pk]).get(thing.pk, ()),
            "accessories": lendable.accessories if lendable else (),
        }
    initial = {"thing": key, "units": 1, "copy_code": asked.get("copy", "")}
    return LendForm(sent or None, venue=venue, things=things, initial=initial, **more)


def _describe_made(made: Loan) -> str:
    if made.status == Status.OUT:
        return _("Lent to %(name)s.") % {"name": made.who}
    if made.status == Status.APPROVED and made.wanted_from and made.wanted_from > now():
        return _("Booked for %(name)s.") % {"name": made.who}
    if made.status == Status.APPROVED:
        return _("Ready for %(name)s to pick up.") % {"name": made.who}
    return _("%(name)s is in the queue.") % {"name": made.who}


def _list_things(venue: Venue) -> Sequence[Resource | ResourceGroup]:
    things = list_lent(venue)
    groups = ResourceGroup.objects.filter(
        venue=venue, is_active=True, member_links__resource__in=things
    ).distinct()
    return [*things, *groups.order_by("name", "pk")]


def _show_lend(
    request: HttpRequest,
    venue: Venue,
    form: LendForm,
    things: Sequence[Resource | ResourceGroup],
    *,
    ask_more: bool = False,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        **shared_context(request, venue),
        "form": form,
        "problem": problem,
        "things": things,
        "ask_more": ask_more,
    }
    return render(request, "lending/desk/lend.html", context, status=status)
