"""WSGI entry point. Refuses to serve without the guard."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from common.memory import freeze_loaded_objects
from common.outdated import refuse_outdated_database
from reservations.guard import require_guard

refuse_outdated_database()
require_guard()
freeze_loaded_objects()
