from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from classes.services import wait_for_seat
from classes.timetable import RowState
from classes.views.session import read_page, show
from common.errors import DomainError
from common.page_limits import counts_as
from reservations.domain.values import Actor, Customer
from waitlist.links import entry_path
from waitlist.remembered import remember_entry


@counts_as("hold")
@never_cache
@require_POST
def wait(request: HttpRequest, venue: str, session_id: int) -> HttpResponse:
    """Join the line; its own page shows the place in it, and the way out."""
    page = read_page(request, venue, session_id)
    if page.row.entry and page.row.state in (RowState.WAITING, RowState.OFFERED):
        return redirect(entry_path(page.row.entry))
    form = page.make_wait_form(request.user, request.POST)
    if not form.is_valid():
        return show(request, page, status=400, wait_form=form)
    user = request.user if isinstance(request.user, User) else None
    try:
        entry = wait_for_seat(
            session_id=page.session.pk,
            customer=_find_customer(user, form.cleaned_data),
            actor=Actor(user),
            quantity=form.cleaned_data["quantity"],
        )
    except DomainError as error:
        form.mark(error)
        return show(request, page, status=error.status, problem=error, wait_form=form)
    remember_entry(request.session, entry)
    messages.success(request, _("You're on the waitlist. We'll email you when a seat opens up."))
    return redirect(entry_path(entry))


def _find_customer(user: User | None, data: dict[str, Any]) -> Customer:
    return Customer.from_user(user) if user else Customer(name=data["name"], email=data["email"])
