"""The REST API below ``/api/``; anything else there is a JSON 404."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView

from common.api_views import NoSuchEndpoint, either
from common.errors_view import ErrorsView
from common.schema_view import DescribeApi
from config.api_index import IndexView

urlpatterns = [
    # Patterns are tried in turn: first what is asked most.
    re_path("", include("reservations.api.urls")),
    re_path("", include("search.api.urls")),
    re_path("", include("resources.api.urls")),
    re_path("", include("frontdesk.api.urls")),
    re_path("", include("calendars.api.urls")),
    re_path("", include("waitlist.api.urls")),
    re_path("", include("lending.api.urls")),
    re_path("", include("classes.api.urls")),
    re_path("", include("webhooks.api.urls")),
    re_path("", include("live.api.urls")),
    re_path("", include("accounts.api.urls")),
    re_path("", include("common.job_views")),
    # Second factors, passkeys, sessions and more: /api/auth/browser/v1/... and /api/auth/app/v1/...
    # (phone numbers are details here, no way to sign in; so there is nothing to verify them with).
    re_path("^auth/(browser|app)/v1/(account|auth)/phone", NoSuchEndpoint.as_view()),
    path("auth/", include("allauth.headless.urls")),
    *either("errors", ErrorsView.as_view(), "api-errors"),
    path("", IndexView.as_view(), name="api-index"),
    *either("schema", DescribeApi.as_view(), "api-schema"),
    *either("docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), "api-docs"),
    re_path("", NoSuchEndpoint.as_view()),
]
