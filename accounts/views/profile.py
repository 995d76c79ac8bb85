"""The account at a glance, and what people change about themselves."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import ApiKey, User
from accounts.page_forms import ProfileForm
from accounts.services.editing import edit_account
from accounts.services.signing_in import has_second_factor
from accounts.services.verifying import is_verified
from common.clock import now
from common.errors import InvalidInput


def own_account(request: HttpRequest) -> User:
    """Who is signed in; ``login_required`` has made sure that somebody is."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


@never_cache
@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What there is to see and to change, with a word on how safe it is."""
    user = own_account(request)
    context = {
        "is_verified": is_verified(user),
        "has_second_factor": has_second_factor(user),
        "keys": ApiKey.objects.alive(now()).filter(user=user).count(),
    }
    return render(request, "accounts/home.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, time zone, language and messages in one form."""
    user = own_account(request)
    if request.method == "GET":
        return render(request, "accounts/profile.html", {"form": ProfileForm.of(user)})
    form = ProfileForm(request.POST)
    if form.is_valid() and _save(user, form):
        messages.success(request, _("Your settings are saved."))
        return redirect("account-profile")
    return render(request, "accounts/profile.html", {"form": form}, status=400)


def _save(user: User, form: ProfileForm) -> bool:
    """Whether the service took it; its refusals stand next to their fields."""
    try:
        edit_account(user=user, changes=form.changes())
    except InvalidInput as error:
        for name, sentences in error.fields.items():
            for sentence in sentences:
                form.add_error(name, str(sentence))
        return False
    return True
