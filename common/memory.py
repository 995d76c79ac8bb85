import gc

from django.urls import get_resolver


def freeze_loaded_objects() -> None:
    """Load the views and exempt all that is in memory from garbage collection; once, before serving."""
    # A full collection then looks only at what requests have made; before, it delayed every fifth request for
    # a full calendar.
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
