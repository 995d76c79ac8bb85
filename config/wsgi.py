"""WSGI entry point. Refuses to serve without the guard."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

from common.bodies import read_bodies_out
from common.memory import freeze_loaded_objects
from config.serving import refuse_unfit_database

refuse_unfit_database()
freeze_loaded_objects()

application = read_bodies_out(django_application)
