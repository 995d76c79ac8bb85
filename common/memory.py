"""What a process has loaded for good."""

import gc

from django.urls import get_resolver


def settle() -> None:
    """Loads the views and hides what stays in memory from the garbage collector; once, before serving.

    A full collection then looks at what requests have made and nothing else: it no longer makes every
    fifth request for a full calendar wait.
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
