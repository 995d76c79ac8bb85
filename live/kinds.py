"""Kinds of changes. Each app registers what a change touches, and who may hear of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from rest_framework.serializers import Field

from common.registry import Registry
from live.models import Change

if TYPE_CHECKING:
    from accounts.models import User
    from live.reading import CommittedChange

    Viewer = User | AnonymousUser

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one client hears of. ``staffed`` are those of ``venues`` whose bookings they manage; ``leader``
    hears of what they lead, at the venues where they work.
    """

    venues: frozenset[int] = frozenset()
    staffed: frozenset[int] = frozenset()
    resources: frozenset[int] = frozenset()
    resource_venues: frozenset[int] = frozenset()
    customer: UUID | None = None
    leader: UUID | None = None
    led_venues: frozenset[int] = frozenset()
    filters: Mapping[str, Any] = field(default_factory=dict)
    """By kind, what the client has named and may see."""

    def payloads(self, news: "CommittedChange") -> list[Payload]:
        kind = kinds.get(news.kind)
        return list(kind.payloads(news, self)) if kind else []

    def may_know(self, news: "CommittedChange") -> bool:
        # Personal news are for whose they are, and for managers and staff of where it happened.
        is_own = self.customer is not None and news.customer_id == self.customer
        return is_own or news.venue_id in self.staffed or self._leads(news)

    def _leads(self, news: "CommittedChange") -> bool:
        is_led = self.leader is not None and self.leader in news.leaders
        return is_led and news.venue_id in self.led_venues


class ChangeKind:
    """``types`` are the names its payloads use, ``parameters`` those a client can listen for, ``own_rows``
    what ``mine`` means; all three appear in the API's description.
    """

    types: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[Mapping[str, str]] = {}
    own_rows: ClassVar[str] = ""

    def fields(self) -> dict[str, "Field[Any, Any, Any, Any]"]:
        """Documented fields that only its payloads have."""
        return {}

    def parse_filter(self, query: QueryDict, user: "Viewer", *, mine: bool) -> Any:
        """What of this kind the client has named; None for nothing. Raises ``NotFound``, ``InvalidInput``."""
        return None

    def details(self, rows: Sequence[Change]) -> Mapping[int, Any]:
        """What else payloads need, by row id, in a constant number of queries."""
        return {}

    def leaders(self, rows: Sequence[Change]) -> Mapping[int, frozenset[UUID]]:
        """Accounts of those who lead what changed, by row id, in a constant number of queries."""
        return {}

    def payloads(self, news: "CommittedChange", subscription: Subscription) -> Iterable[Payload]:
        raise NotImplementedError


kinds: Registry[ChangeKind] = Registry("kinds of changes")
