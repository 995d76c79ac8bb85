"""What is lent: making it so, by which rules, with which copies; labels to print."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common.clock import now
from common.errors import DomainError, NotFound, UnknownAction
from common.money import round_amount
from common.qr import qr_svg
from common.second_factor import is_administrator
from common.transactions import retried_atomic
from common.venues import directory
from lending import services
from lending.desk_forms import NEW, OWN_LEASE, CopyForm, CopyStateForm, MakeLendableForm, ThingForm
from lending.enums import PRODUCT, CopyState
from lending.models import Copy, Lendable, LendingRules
from lending.offering import read_stock
from lending.only import is_only_lent, set_only_lent
from lending.permissions import can_see_thing
from lending.scanning import PARAMETER
from lending.terms import terms_at
from lending.views.desk import find_copy, find_desk, shared_context
from resources.catalog import catalog
from resources.enums import ResourceKind, Role
from resources.models import Resource, Venue
from resources.permissions import require_manager, roles_of
from resources.services.resources import ResourceParts, create_resource

MOST_LABELS = 200
MOST_CHOICES = 1000


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def things(request: HttpRequest, venue_slug: str) -> HttpResponse:
    """Everything that is lent; a manager begins here."""
    venue = find_desk(request, venue_slug)
    form = _make_form(request, venue)
    if request.method != "POST":
        return _show_things(request, venue, form)
    require_manager(request.user, venue.pk)
    if not form.is_valid():
        return _show_things(request, venue, form, status=400)
    try:
        lendable = _make_lendable(venue, form)
    except DomainError as error:
        form.mark(error)
        return _show_things(request, venue, form, problem=error, status=error.status)
    messages.success(request, _("%(name)s can be borrowed now.") % {"name": lendable.resource.name})
    return redirect("lend-desk-thing", venue.slug, lendable.resource.uuid)


def _make_form(request: HttpRequest, venue: Venue) -> MakeLendableForm:
    rules = list(LendingRules.objects.filter(venue=venue))
    others = Resource.objects.filter(venue=venue, is_active=True, lendable=None).order_by("name", "pk")
    return MakeLendableForm(request.POST or None, resources=list(others[:MOST_CHOICES]), rules=rules)


@retried_atomic
def _make_lendable(venue: Venue, form: MakeLendableForm) -> Lendable:
    """All or nothing."""
    data = form.cleaned_data
    resource = form.resources.get(data["resource"])
    if resource is None:
        services.require_new_name(venue.resources.all(), venue, data["name"])
        values = {"name": data["name"], "kind": ResourceKind.EQUIPMENT, "slug": "", "serves_party": False}
        resource = create_resource(venue=venue, values=values, parts=ResourceParts())
    rules = _find_or_make_rules(venue, form)
    set_only_lent(resource, only=data["only"])
    return services.make_lendable(resource=resource, rules=rules, accessories=data["accessories"])


def _find_or_make_rules(venue: Venue, form: ThingForm) -> LendingRules:
    key = form.cleaned_data["rules"]
    if key in form.rules_by_key:
        return form.rules_by_key[key]
    if key != OWN_LEASE:
        return services.find_or_make_rules(venue=venue, preset=key.removeprefix(NEW))
    lease = form.cleaned_data["lease"]
    name = ngettext(
        "Returned unless kept every minute", "Returned unless kept every %(lease)d minutes", lease
    )
    values = {"name": name % {"lease": lease}, "lease": lease}
    found = LendingRules.objects.filter(venue=venue, **values).first()
    return found or services.make_rules(venue=venue, values=values)


def _show_things(
    request: HttpRequest,
    venue: Venue,
    form: MakeLendableForm,
    *,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    lent = list(
        Lendable.objects.filter(venue=venue).select_related("resource", "rules").order_by("resource__name")
    )
    venue_catalog = catalog(venue.pk)
    bookables = [id for each in lent if (id := each.resource_id) in venue_catalog.bookables]
    stock = read_stock({venue.pk: venue_catalog}, [venue_catalog.bookables[id] for id in bookables], now())
    out = stock.count_out()
    context = {
        **shared_context(request, venue),
        "rows": [(each, stock.offers.get(each.resource_id), out.get(each.resource_id, 0)) for each in lent],
        "form": form,
        "problem": problem,
        "manages_others": is_administrator(request.user)
        or list(roles_of(request.user).values()).count(Role.MANAGER) > 1,
    }
    return render(request, "lending/desk/things.html", context, status=status)


# --- One thing -----------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def thing(request: HttpRequest, venue_slug: str, thing_id: UUID) -> HttpResponse:
    venue = find_desk(request, venue_slug)
    rows = Lendable.objects.filter(venue=venue, resource__uuid=thing_id)
    lendable = rows.select_related("resource__venue", "rules").first()
    if lendable is None:
        raise NotFound
    if request.method != "POST":
        return _show_thing(request, venue, lendable)
    action, _colon, key = request.POST.get("action", "").partition(":")
    if action not in CHANGES:
        return _show_thing(request, venue, lendable, problem=UnknownAction())
    return CHANGES[action](request, venue, lendable, key)


def _save(request: HttpRequest, venue: Venue, lendable: Lendable, key: str) -> HttpResponse:
    require_manager(request.user, venue.pk)
    form = ThingForm(request.POST, rules=list(venue.lending_rules.all()))
    if not form.is_valid():
        return _show_thing(request, venue, lendable, {"form": form}, status=400)
    try:
        _change_thing(venue, lendable, form)
    except DomainError as error:
        form.mark(error)
        return _show_thing(request, venue, lendable, {"form": form}, problem=error)
    return _done(request, venue, lendable, _("Saved."))


@retried_atomic
def _change_thing(venue: Venue, lendable: Lendable, form: ThingForm) -> None:
    data = form.cleaned_data
    set_only_lent(lendable.resource, only=data["only"])
    services.change_lendable(
        lendable=lendable,
        rules=_find_or_make_rules(venue, form),
        accessories=data["accessories"],
        value=data["value"],
    )


def _stop(request: HttpRequest, venue: Venue, lendable: Lendable, key: str) -> HttpResponse:
    require_manager(request.user, venue.pk)
    try:
        services.stop_lending(lendable=lendable)
    except DomainError as error:
        return _show_thing(request, venue, lendable, problem=error)
    said = [_("%(name)s can't be borrowed any more.")]
    said += [_("It is inactive until you open it for bookings.")] if is_only_lent(lendable.resource) else []
    messages.success(request, " ".join(said) % {"name": lendable.resource.name})
    return redirect("lend-desk-things", venue.slug)


def _add_copy(request: HttpRequest, venue: Venue, lendable: Lendable, key: str) -> HttpResponse:
    require_manager(request.user, venue.pk)
    form = CopyForm(request.POST)
    if not form.is_valid():
        return _show_thing(request, venue, lendable, {"copy_form": form}, status=400)
    try:
        services.add_copy(resource=lendable.resource, **form.cleaned_data)
    except DomainError as error:
        form.mark(error)
        return _show_thing(request, venue, lendable, {"copy_form": form}, problem=error)
    return _done(request, venue, lendable, _("Copy added."))


def _change_copy(request: HttpRequest, venue: Venue, lendable: Lendable, key: str) -> HttpResponse:
    copy = _find_copy(lendable, key)
    data = {name: request.POST.get(f"{name}:{key}", "") for name in ("state", "note")}
    form = CopyStateForm(data)
    if not form.is_valid():
        raise UnknownAction
    changes = form.cleaned_data
    try:
        services.change_copy(copy=copy, state=CopyState(changes["state"]), note=changes["note"])
    except DomainError as error:
        return _show_thing(request, venue, lendable, problem=error)
    return _done(request, venue, lendable, _("Saved."))


def _remove_copy(request: HttpRequest, venue: Venue, lendable: Lendable, key: str) -> HttpResponse:
    require_manager(request.user, venue.pk)
    try:
        services.remove_copy(copy=_find_copy(lendable, key))
    except DomainError as error:
        return _show_thing(request, venue, lendable, problem=error)
    return _done(request, venue, lendable, _("Copy removed."))


CHANGES: dict[str, Callable[[HttpRequest, Venue, Lendable, str], HttpResponse]] = {
    "save": _save,
    "stop": _stop,
    "add-copy": _add_copy,
    "change-copy": _change_copy,
    "remove-copy": _remove_copy,
}


def _find_copy(lendable: Lendable, key: str) -> Copy:
    return find_copy(Copy.objects.filter(resource=lendable.resource_id), key)


def _done(request: HttpRequest, venue: Venue, lendable: Lendable, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect("lend-desk-thing", venue.slug, lendable.resource.uuid)


def _show_thing(
    request: HttpRequest,
    venue: Venue,
    lendable: Lendable,
    typed: dict[str, Any] | None = None,
    *,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    initial = {
        "rules": lendable.rules_id,
        "accessories": lendable.accessories,
        "value": _shorten(lendable.value, venue.currency),
        "only": is_only_lent(lendable.resource),
    }
    context = {
        **shared_context(request, venue),
        "lendable": lendable,
        "thing": lendable.resource,
        "public": _find_public_page(request, venue, lendable.resource),
        "form": ThingForm(initial=initial, rules=list(venue.lending_rules.all())),
        "copy_form": CopyForm(),
        "copies": list(Copy.objects.filter(resource=lendable.resource_id)),
        "states": CopyState.choices,
        "problem": problem,
        **(typed or {}),
    }
    status = problem.status if problem and status == 200 else status
    return render(request, "lending/desk/thing.html", context, status=status)


def _find_public_page(request: HttpRequest, venue: Venue, thing: Resource) -> str:
    """Empty while nobody could see it there."""
    is_there = directory().offers(venue.pk, PRODUCT) and can_see_thing(request.user, thing, venue)
    return reverse("lend-thing", args=[venue.slug, thing.slug]) if is_there else ""


def _shorten(value: Decimal | None, currency: str) -> Decimal | None:
    """With the currency's own decimals, unless it has more."""
    short = None if value is None else round_amount(value, currency)
    return short if short == value else value


# --- Labels --------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def labels(request: HttpRequest, venue_slug: str) -> HttpResponse:
    """Of all copies, and of things without any; ``thing`` narrows it down to one."""
    venue = find_desk(request, venue_slug)
    lent = Resource.objects.filter(venue=venue, pk__in=terms_at(venue.pk)).order_by("name", "pk")
    if request.GET.get("thing"):
        lent = lent.filter(slug=request.GET["thing"].replace("\x00", ""))
    copies = list(
        Copy.objects.filter(resource__in=lent).exclude(state=CopyState.LOST).select_related("resource")
    )
    with_copies = {copy.resource_id for copy in copies}
    found = [(copy.resource.name, copy.name, copy.code) for copy in copies]
    found += [(each.name, "", each.slug) for each in lent if each.pk not in with_copies]
    found.sort(key=lambda label: (label[0].casefold(), label[2]))
    shown = [(*label, _draw_code(venue, label[2])) for label in found[:MOST_LABELS]]
    context = {**shared_context(request, venue), "labels": shown, "left_out": len(found) - len(shown)}
    return render(request, "lending/desk/labels.html", context)


def _draw_code(venue: Venue, code: str) -> SafeString:
    """An address, so that a telephone's camera opens the thing; the desk's box reads it as well."""
    page = f"{settings.SITE_URL}{reverse('lend-desk', args=[venue.slug])}?{urlencode({PARAMETER: code})}"
    # The code itself is drawn; nothing of it comes from what people typed.
    return SafeString(qr_svg(page))
