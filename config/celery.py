"""The Celery application: Redis carries it in production, memory within one process otherwise."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("holdfast")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def refuse_to_start(**kwargs: Any) -> None:
    from django.db import connections

    from common.outdated import refuse_outdated_database

    refuse_outdated_database()
    # Celery closes the sockets of connections that are open now, as after a fork: in a pool, others get them.
    connections.close_all()
