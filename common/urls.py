from django.urls import path

from common import site

urlpatterns = [
    path("favicon.ico", site.favicon, name="favicon"),
    path("manifest.webmanifest", site.manifest, name="manifest"),
]
