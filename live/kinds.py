"""Kinds of changes. Each app registers its own: what a change of it touches, and who may hear of it."""

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
    from live.news import News

    Viewer = User | AnonymousUser

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one client hears of. ``staffed`` are the venues, of those asked for, at which they work."""

    venues: frozenset[int] = frozenset()
    staffed: frozenset[int] = frozenset()
    resources: frozenset[int] = frozenset()
    resource_venues: frozenset[int] = frozenset()
    customer: UUID | None = None
    wishes: Mapping[str, Any] = field(default_factory=dict)
    """Kind -> what of it the client has named, and may see."""

    def payloads(self, news: "News") -> list[Payload]:
        """What is told of it; nothing personal but one's own and one's venue's."""
        kind = kinds.get(news.kind)
        return list(kind.payloads(news, self)) if kind else []

    def may_know(self, news: "News") -> bool:
        """Whose it is, and who works where it happened."""
        is_own = self.customer is not None and news.customer_id == self.customer
        return is_own or news.venue_id in self.staffed


class ChangeKind:
    """``types`` are what its payloads call it, ``parameters`` the names that clients may listen for.

    ``own_rows`` is what ``mine`` means for it, ``parameters`` and it are parts of the API's description.
    """

    types: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[Mapping[str, str]] = {}
    own_rows: ClassVar[str] = ""

    def fields(self) -> dict[str, "Field[Any, Any, Any, Any]"]:
        """Documented fields of its payloads that others do not have."""
        return {}

    def wish(self, query: QueryDict, user: "Viewer", *, mine: bool) -> Any:
        """What of this kind the client has named; nothing if they have named nothing.

        Raises ``NotFound`` for what is not theirs to see, ``InvalidInput``.
        """
        return None

    def details(self, rows: Sequence[Change]) -> Mapping[int, Any]:
        """What else payloads need, by the id of the row, in a constant number of queries."""
        return {}

    def payloads(self, news: "News", subscription: Subscription) -> Iterable[Payload]:
        raise NotImplementedError


kinds: Registry[ChangeKind] = Registry("kinds of changes")
