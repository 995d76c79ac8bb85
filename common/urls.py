from django.urls import path

from common import site

urlpatterns = [
    path("favicon.ico", site.favicon, name="favicon"),
    path(".well-known/security.txt", site.security, name="security"),
    path("manifest.webmanifest", site.manifest, name="manifest"),
]
