from datetime import UTC, datetime, time
from uuid import UUID

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.exceptions import ProofNeeded
from accounts.models import ApiKey, User
from accounts.page_forms import KeyForm
from accounts.services.keys import create_key, is_powerful, revoke_key, tell_owner_of_key
from accounts.services.passwords import has_just_signed_in
from accounts.views.profile import own_account
from common.clock import now
from common.errors import InvalidInput, NotFound
from common.kept_answers import show_at

LAST_MINUTE = time(23, 59)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    user = own_account(request)
    if request.method != "POST":
        return _render_keys_page(request, user, KeyForm(initial={"scopes": ["read"]}))
    form = KeyForm(request.POST)
    text = _create_key(request, user, form) if form.is_valid() else ""
    if not text:
        return _render_keys_page(request, user, form, status=400)
    # Only this answer shows the key's text: it is kept nowhere.
    return show_at(_render_keys_page(request, user, KeyForm(initial={"scopes": ["read"]}), text=text), "")


def _create_key(request: HttpRequest, user: User, form: KeyForm) -> str:
    # Empty where the service refused, which the form then shows.
    given = form.cleaned_data
    day = given["expires_on"]
    ends = datetime.combine(day, LAST_MINUTE, tzinfo=user.time_zone or UTC) if day else None
    try:
        if is_powerful(given["scopes"], ends):
            _require_proof(request, user)
        key, text = create_key(user=user, name=given["name"], scopes=given["scopes"], expires_at=ends)
    except InvalidInput as error:
        form.add_error("expires_on", str(error))
        return ""
    except ProofNeeded as error:
        form.add_error("scopes", str(error))
        return ""
    tell_owner_of_key(request, key)
    return text


def _require_proof(request: HttpRequest, user: User) -> None:
    if has_just_signed_in(request, user):
        return
    if get_reauthentication_flows(user):
        raise ReauthenticationRequired  # leads back here, with what was posted
    raise ProofNeeded


def _render_keys_page(
    request: HttpRequest, user: User, form: KeyForm, *, status: int = 200, text: str = ""
) -> HttpResponse:
    rows = ApiKey.objects.alive(now()).filter(user=user)
    context = {"rows": rows, "form": form, "text": text}
    return render(request, "accounts/keys.html", context, status=status)


@login_required
@require_POST
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key = ApiKey.objects.filter(user=own_account(request), pk=key_id).first()
    if key is None:
        raise NotFound(_("This key doesn't exist."))
    revoke_key(key=key)
    messages.success(request, _("API key revoked."))
    return redirect("account-keys")
