"""WSGI entry point: pages and API. Refuses to serve without the guard."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from common.memory import settle
from reservations.guard import require_guard

require_guard()
settle()
