import json

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import privacy
from accounts.page_forms import CloseForm
from accounts.privacy import build_document, person_of
from accounts.services.closing import close_account, require_closable
from accounts.views.profile import own_account
from common.clock import now
from common.errors import DomainError
from common.rendering import JSONEncoder


@never_cache
@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/data.html")


@never_cache
@login_required
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    document = {"as_of": now(), **build_document(own_account(request))}
    text = json.dumps(document, cls=JSONEncoder, indent=2, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="holdfast-my-data.json"'
    return response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    form = CloseForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _render_delete_page(request, form, status=200 if request.method != "POST" else 400)
    user, agreed = own_account(request), form.cleaned_data["cancel_bookings"]
    try:
        require_closable(person_of(user), cancel_bookings=agreed)
        raise_if_reauthentication_required(request, app="")  # leads back here
        close_account(user=user, cancel_bookings=agreed)
    except DomainError as error:
        return _render_delete_page(request, form, status=error.status, problem=error)
    logout(request)
    messages.success(request, _("Your account is deleted."))
    return redirect("home")


def _render_delete_page(
    request: HttpRequest, form: CloseForm, *, status: int = 200, problem: DomainError | None = None
) -> HttpResponse:
    person = person_of(own_account(request))
    context = {
        "form": form,
        "obstacles": privacy.list_obstacles(person),
        "items": privacy.list_open_items(person),
        "losses": privacy.list_losses(person),
        "problem": problem,
    }
    return render(request, "accounts/delete.html", context, status=status)
