"""All addresses, with one for whoever builds the pages: where DEBUG is on."""

from django.urls import path

from config import urls
from config.urls import handler400, handler403, handler404, handler429
from tooling.styleguide import styleguide

__all__ = ["handler400", "handler403", "handler404", "handler429", "urlpatterns"]
urlpatterns = [path("styleguide/", styleguide, name="styleguide"), *urls.urlpatterns]
