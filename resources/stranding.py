"""What a change of a resource leaves without a place; apps above register what they keep."""

from collections.abc import Callable
from typing import Any

from common.registry import Registry
from resources.models import Resource

stranded_listers: Registry[Callable[[Resource], list[dict[str, Any]]]] = Registry(
    "listers of what is stranded"
)
"""Each lists, after a resource was changed, what no longer fits it, as JSON objects."""


def list_stranded(resource: Resource) -> list[dict[str, Any]]:
    return [stranded for list_for in stranded_listers for stranded in list_for(resource)]
