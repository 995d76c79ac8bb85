"""ASGI entry point. Refuses to serve without the guard."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_asgi_application()

from reservations.guard import require_guard

require_guard()
