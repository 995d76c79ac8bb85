from django.urls import path

from common import site
from common.files.serving import download

urlpatterns = [
    path("files/<uuid:id>/", download, name="file"),
    path("favicon.ico", site.favicon, name="favicon"),
    path(".well-known/security.txt", site.security, name="security"),
    path("manifest.webmanifest", site.manifest, name="manifest"),
]
