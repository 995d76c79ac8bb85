"""Where apps above say what a change of configuration means to them."""

from collections.abc import Callable
from typing import Any

from resources.models import Resource

affected_by_change: list[Callable[[Resource], list[dict[str, Any]]]] = []
"""Each tells, after a resource was changed, what no longer fits it: JSON objects for the answer."""


def affected(resource: Resource) -> list[dict[str, Any]]:
    return [each for told in affected_by_change for each in told(resource)]
