"""Every address of the REST API, below ``/api/``; anything else there is a JSON 404."""

from django.urls import include, re_path

from common.api_views import NoSuchEndpoint

urlpatterns = [
    re_path("", include("resources.api.urls")),
    re_path("", include("reservations.api.urls")),
    re_path("", include("waitlist.api.urls")),
    re_path("", NoSuchEndpoint.as_view()),
]
