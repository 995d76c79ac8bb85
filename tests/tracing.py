"""Which tests are traced for the measurement of coverage: some, since tracing doubles what a test costs."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from django.urls import get_resolver

CHOSEN = Path(__file__).with_name("traced.txt")
"""Files, and below each its tests that reach what no cheaper one does; below none: all of that file.

Together they reach what all tests reach of what has a floor, but for half a percent. They were chosen by
``--cov-context=test``, which says what each test reaches, and by what each costs.
"""


def read_traced() -> frozenset[str]:
    found, file = set[str](), ""
    for line in CHOSEN.read_text().splitlines():
        if line.startswith(" "):
            found.discard(file)
            found.add(f"{file}::{line.strip()}")
        else:
            found.add(file := line)
    return frozenset(found)


TRACED = read_traced()


def is_traced(nodeid: str) -> bool:
    test = nodeid.partition("[")[0]
    return test in TRACED or test.partition("::")[0] in TRACED


def load_measured(root: Path) -> None:
    """All views, and the services that none of them names."""
    _ = get_resolver().url_patterns
    for path in sorted(root.glob("*/services/*.py")):
        import_module(".".join(path.relative_to(root).with_suffix("").parts))


@contextmanager
def nothing_traced() -> Iterator[None]:
    """Here and in new threads, until the end. In a worker, pytest-cov's own pause resumes a second tracer."""
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)
