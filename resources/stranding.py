"""What a change of a resource leaves without a place: whoever keeps such things tells."""

from collections.abc import Callable
from typing import Any

from common.registry import Registry
from resources.models import Resource

tellers: Registry[Callable[[Resource], list[dict[str, Any]]]] = Registry("tellers of what is stranded")
"""Each tells, after a resource was changed, what no longer fits it: JSON objects for the answer."""


def list_affected(resource: Resource) -> list[dict[str, Any]]:
    return [each for tell in tellers for each in tell(resource)]
