from django.urls import path

from common import site, styleguide

urlpatterns = [
    path("favicon.ico", site.favicon, name="favicon"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("manifest.webmanifest", site.manifest, name="manifest"),
]
