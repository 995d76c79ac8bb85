"""Passes on sale, and the way to the provider's page for them and for instalments."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from classes.enums import InstalmentStatus
from classes.exceptions import BookingNotFound
from classes.lists import list_pass_kinds
from classes.models import Instalment, Pass
from classes.own_rows import list_passes
from classes.services import PassNotFound, order_pass, start_instalment_checkout, start_pass_checkout
from classes.visiting import find_venue, is_key
from common import clock
from common.errors import DomainError
from common.page_limits import counts_as
from payments.providers import find_checkout_provider
from payments.remembered import remember_checkout
from payments.services import OpenCheckout
from reservations.domain.values import Actor
from reservations.links import payment_back_url


@never_cache
@require_safe
def passes(request: HttpRequest, venue: str) -> HttpResponse:
    """What the venue sells, and one's own there."""
    found = find_venue(request.user, venue)
    user = request.user if isinstance(request.user, User) else None
    context = {
        "venue": found,
        "face": found,
        "kinds": list_pass_kinds().filter(venue=found),
        "passes": list_passes(user.pk, clock.now(), found.pk) if user else [],
        "pays_online": find_checkout_provider() is not None,
    }
    return render(request, "classes/passes.html", context)


@counts_as("hold")
@never_cache
@require_POST
def buy(request: HttpRequest, venue: str) -> HttpResponse:
    """Order one for oneself, and on to paying for it."""
    found = find_venue(request.user, venue)
    path = reverse("classes-passes", args=[found.slug])
    if not isinstance(request.user, User):
        return redirect_to_login(path)
    number = request.POST.get("kind", "")
    kinds = list_pass_kinds().filter(venue=found)
    kind = kinds.filter(pk=int(number)).first() if number.isdecimal() and is_key(int(number)) else None
    if kind is None:
        messages.error(request, _("Choose one of the passes."))
        return redirect(path)
    ordered = order_pass(kind_id=kind.pk, customer=request.user, actor=Actor(request.user))
    if ordered.paid_at:  # it costs nothing
        messages.success(request, _("You can use your pass now."))
        return redirect(path)
    return _pay_pass(request, ordered, Actor(request.user))


@counts_as("hold")
@never_cache
@require_POST
def owned_pass(request: HttpRequest, pass_id: int) -> HttpResponse:
    if not isinstance(request.user, User):
        return redirect_to_login(reverse("my-reservations"))
    rows = Pass.objects.select_related("venue").filter(customer=request.user)
    owned = rows.filter(pk=pass_id).first() if is_key(pass_id) else None
    if owned is None:
        raise PassNotFound
    return _pay_pass(request, owned, Actor(request.user))


def _pay_pass(request: HttpRequest, owned: Pass, actor: Actor) -> HttpResponse:
    path = reverse("classes-passes", args=[owned.venue.slug])
    if find_checkout_provider() is None:
        said = _("Pay for your pass at %(name)s. You can use it from then on.")
        messages.success(request, said % {"name": owned.venue.name})
        return redirect(path)

    def start() -> OpenCheckout:
        return start_pass_checkout(pass_id=owned.pk, back_url=payment_back_url, actor=actor)

    return _lead_to_provider(request, start, path)


@counts_as("hold")
@never_cache
@require_POST
def instalment(request: HttpRequest, instalment_id: int) -> HttpResponse:
    """With those before it that are still to be paid."""
    path = reverse("my-reservations")
    if not isinstance(request.user, User):
        return redirect_to_login(path)
    actor = Actor(request.user)
    own = Instalment.objects.filter(booking__customer=request.user)
    rows = own.exclude(status=InstalmentStatus.CANCELLED)
    if not is_key(instalment_id) or not rows.filter(pk=instalment_id).exists():
        raise BookingNotFound

    def start() -> OpenCheckout:
        return start_instalment_checkout(instalment_id=instalment_id, back_url=payment_back_url, actor=actor)

    return _lead_to_provider(request, start, path)


def _lead_to_provider(request: HttpRequest, start: Callable[[], OpenCheckout], path: str) -> HttpResponse:
    """``path``: where they go on afterwards."""
    try:
        checkout = start()
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(path)
    remember_checkout(request.session, checkout.charge.pk, path)
    response = HttpResponseRedirect(checkout.url)
    response.status_code = 303  # as GET, also where the browser would repeat the form
    return response
