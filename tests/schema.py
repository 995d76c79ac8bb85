"""The API's description, as it is committed."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

# libyaml, where it is there, reads it ten times as fast.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SCHEMA = Path(settings.BASE_DIR) / "schema.yml"


@cache
def read_schema() -> dict[str, Any]:
    return yaml.load(SCHEMA.read_text(), Loader=LOADER)  # type: ignore[no-any-return]
