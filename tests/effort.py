"""How hard random tests look: enough in every run, ten times as much with ``script/test --long``."""

import os

from hypothesis import settings

LONG = bool(os.environ.get("HOLDFAST_LONG"))


def often(count: int) -> int:
    return count * 10 if LONG else count


def examples(count: int) -> settings:
    return settings(max_examples=often(count))
