from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import ApiKey, User
from accounts.page_forms import ProfileForm
from accounts.services.editing import edit_account
from accounts.services.verifying import is_verified
from common.clock import now
from common.errors import InvalidInput
from common.second_factor import has_second_factor


def own_account(request: HttpRequest) -> User:
    # login_required has made sure that somebody is signed in.
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


@never_cache
@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = own_account(request)
    context = {
        "is_verified": is_verified(user),
        "has_second_factor": has_second_factor(user),
        "keys": ApiKey.objects.alive(now()).filter(user=user).count(),
    }
    return render(request, "accounts/home.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = own_account(request)
    if request.method != "POST":
        return render(request, "accounts/profile.html", {"form": ProfileForm.of(user)})
    form = ProfileForm(request.POST)
    if form.is_valid() and _save_profile(user, form):
        messages.success(request, _("Settings saved."))
        return redirect("account-profile")
    return render(request, "accounts/profile.html", {"form": form}, status=400)


def _save_profile(user: User, form: ProfileForm) -> bool:
    try:
        edit_account(user=user, changes=form.changes())
    except InvalidInput as error:
        for name, sentences in error.fields.items():
            for sentence in sentences:
                form.add_error(name, str(sentence))
        return False
    return True
