"""Every write of configuration: keyword-only arguments, one transaction each."""

from resources.services.configuring import InUse, StaleRow, change_row, create_row, create_rows, delete_row
from resources.services.holidays import import_holidays
from resources.services.resources import (
    ResourceParts,
    change_resource,
    create_resource,
    delete_resource,
    free_slug,
)

__all__ = [
    "InUse",
    "ResourceParts",
    "StaleRow",
    "change_resource",
    "change_row",
    "create_resource",
    "create_row",
    "create_rows",
    "delete_resource",
    "delete_row",
    "free_slug",
    "import_holidays",
]
