from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes.models import Facilitator
from classes.services import change_profile, set_photo
from classes.teaching import is_at_work, list_profiles
from classes.teaching_forms import OwnProfileForm, places_of
from classes.views.teaching import describe_profile, user_of


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """What one says of oneself, also before the venue approves it."""
    profiles = list_profiles(user_of(request))
    if not profiles:
        return redirect("teach")
    wanted = request.GET.get("venue", "")
    own = next((each for each in profiles if each.venue.slug == wanted), profiles[0])
    form = _make_form(request, own)
    if request.method == "POST" and form.is_valid():
        _save(own, form)
        messages.success(request, _("Saved."))
        frame = describe_profile(own, profiles)
        return redirect(f"{request.path}{frame['keep']}")
    context = {**describe_profile(own, profiles), "form": form, "is_approved": is_at_work(own)}
    context["is_waiting"] = not any(is_at_work(each) for each in profiles)
    return render(request, "classes/teach/profile.html", context, status=400 if form.errors else 200)


def _make_form(request: HttpRequest, own: Facilitator) -> OwnProfileForm:
    initial = {
        "name": own.name,
        "bio": own.bio,
        "specialization": own.specialization,
        "is_public": own.is_public,
        "place": own.default_place_id,
        "photo": own.photo,
    }
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    return OwnProfileForm(*sent, initial=initial, places=places_of(own))


def _save(own: Facilitator, form: OwnProfileForm) -> None:
    data = form.cleaned_data
    chosen = {place.pk: place for place in places_of(own)}.get(data["place"])
    said = {name: data[name] for name in ("name", "bio", "specialization", "is_public")}
    change_profile(facilitator=own, default_place=chosen, **said)
    if data["photo"] or data.get("drop_photo"):
        set_photo(facilitator=own, photo=data["photo"])
