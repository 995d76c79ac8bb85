from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.languages import choose_language
from common.api_views import either
from common.root_urls import root_patterns
from common.site import robots
from live.streaming import streaming_unavailable
from resources.views import group_photo, paint, photo

# Somebody's own, or a program's. No such address opens anything by itself.
PRIVATE = (
    *(
        "accounts",
        "account",
        "admin",
        "api",
        "bookings",
        "calendars",
        "cart",
        "files",
        "hooks",
        "lend/board",
        "lend/desk",
        "lend/mine",
        "my",
        "my-data",
    ),
    *("health", "info", "payments", "reservation", "session", "studio", "team", "waitlist"),
)
to_api_docs = RedirectView.as_view(pattern_name="api-docs", http_method_names=["get", "head", "options"])
urlpatterns = [
    path("robots.txt", robots, {"private": PRIVATE}, name="robots"),
    # First what has a prefix: it is told apart from all of them at once.
    *root_patterns(),
    path("api/", include("config.api_urls")),
    # Where programs' authors look for it by habit.
    *either("docs", to_api_docs, "short-docs"),
    *either("redoc", to_api_docs, "short-redoc"),
    path("admin/", admin.site.urls),
    path("", include("lending.desk_urls")),
    path("", include("classes.studio_urls")),
    path("", include("storefront.urls")),
    path("", include("storefront.waitlist.urls")),
    path("", include("frontdesk.urls")),
    path("", include("lending.urls")),
    path("", include("classes.urls")),
    path("", include("classes.teaching_urls")),
    path("", include("calendars.urls")),
    path("", include("common.urls")),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("stream/", streaming_unavailable, name="stream"),  # config.asgi answers it before it comes here
    path("language/", choose_language, name="set_language"),
    path("hooks/", include("notifications.urls")),
    path("hooks/", include("payments.urls")),
    path("media/groups/<uuid:group_id>.webp", group_photo, name="group-photo"),
    path("media/colors/<str:color>.css", paint, name="paint"),
    path("media/<path:name>", photo, name="photo"),
]
handler400 = "common.pages.bad_request"
handler403 = "common.pages.permission_denied"
handler404 = "common.pages.page_not_found"
handler429 = "common.pages.too_many_requests"
handler500 = "common.pages.server_error"
