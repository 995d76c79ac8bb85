"""ASGI entry point. Refuses to serve without the guard; without a broker it runs the workers itself."""

import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import ExitStack
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

from django.conf import settings

from common.bodies import measure_bodies
from common.memory import freeze_loaded_objects
from config.celery import app as celery_app
from config.embedded import EmbeddedWorker
from config.serving import refuse_unfit_database
from live.closing import end_streams_with_server
from live.streaming import stream

refuse_unfit_database()
freeze_loaded_objects()

pages_and_api = measure_bodies(django_application)
STREAM = ("/stream/", "/stream")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _run_lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] in STREAM:
        await stream(scope, receive, send)
    else:
        await pages_and_api(dict(scope), receive, send)


async def _run_lifespan(receive: Receive, send: Send) -> None:
    await receive()
    with ExitStack() as stack:
        # After startup, so that the server's own signal handlers are there to be wrapped.
        stack.enter_context(end_streams_with_server())
        if settings.EMBEDDED_WORKER:
            stack.enter_context(EmbeddedWorker(celery_app))
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
