import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import privacy
from accounts.exceptions import TooManyAttempts
from accounts.page_forms import CloseForm, GuestDataForm
from accounts.privacy import Person, build_document_of
from accounts.services.guests import erase_guest, guest_of_link, send_data_link
from common.clock import now
from common.errors import DomainError
from common.kept_answers import show_at
from common.rendering import JSONEncoder
from common.throttling import consume_for


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The answer is the same whatever is known of the address."""
    form = GuestDataForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 200 if request.method != "POST" else 400
        return _render(request, "ask", {"form": form}, status)
    allowance = consume_for(request, "link")
    if allowance.remaining < 0:
        raise TooManyAttempts(max(allowance.reset, 1))
    send_data_link(email=form.cleaned_data["email"])
    return _render(request, "ask", {"sent_to": form.cleaned_data["email"]})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def data(request: HttpRequest, token: str) -> HttpResponse:
    person = guest_of_link(token)
    form = CloseForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _show(request, token, person, form, status=200 if request.method != "POST" else 400)
    try:
        ended = erase_guest(person, cancel_bookings=form.cleaned_data["cancel_bookings"])
    except DomainError as error:
        return _show(request, token, person, form, status=error.status, problem=error)
    return show_at(_render(request, "erased", {"ended": ended}), "")  # nothing of theirs is kept from here on


@never_cache
@require_safe
def download(request: HttpRequest, token: str) -> HttpResponse:
    return answer_document(guest_of_link(token))


def answer_document(person: Person) -> HttpResponse:
    document = {"as_of": now(), **build_document_of(person)}
    text = json.dumps(document, cls=JSONEncoder, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="holdfast-data.json"'}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)


def _show(
    request: HttpRequest,
    token: str,
    person: Person,
    form: CloseForm,
    *,
    status: int,
    problem: DomainError | None = None,
) -> HttpResponse:
    context = {
        "token": token,
        "email": person.email,
        "form": form,
        "problem": problem,
        "obstacles": privacy.list_obstacles(person),
        "items": privacy.list_open_items(person),
    }
    return _render(request, "guest_data", context, status)


def _render(
    request: HttpRequest, template: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    name = template if template == "guest_data" else f"guest_data_{template}"
    response = render(request, f"accounts/{name}.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
