"""What apps below `resources` ask about venues; `resources` registers the answers."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from django.contrib.auth.models import AnonymousUser

from common.registry import Registry

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser


class ResourceKey(NamedTuple):
    id: int
    venue_id: int


class Directory(Protocol):
    def visible_venue(self, name: str, user: "Viewer") -> int:
        """The id of the venue with this id or slug. Raises ``NotFound``, also where it may not be seen."""

    def visible_resources(self, names: Sequence[str], user: "Viewer", field: str) -> list[ResourceKey]:
        """Those with these ids or slugs. Raises ``NotFound``; ``InvalidInput`` names ``field``."""

    def works_at(self, user: "Viewer", venue_ids: Collection[int]) -> frozenset[int]:
        """Those of these venues where the user has a role; all of them for superusers."""


directories: Registry[Directory] = Registry("directories of venues")


def directory() -> Directory:
    return directories["resources"]
