"""What has to be true before anything is served."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from common.outdated import refuse_outdated_database
from lending import guard as loans_guard
from reservations.guard import require_guard


def refuse_unfit_database() -> None:
    """Raises what ``refuse_outdated_database`` and ``require_guard`` raise."""
    # In a thread of its own: servers with several processes load the application inside their event loop,
    # where Django asks no database.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_ask_database).result()


def _ask_database() -> None:
    try:
        refuse_outdated_database()
        require_guard()
        loans_guard.require_guard()
    finally:
        connections.close_all()
