from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from common.errors import Forbidden
from common.second_factor import is_administrator, require_roles
from common.venues import Role, directory
from webhooks.models import WebhookEndpoint

if TYPE_CHECKING:
    from accounts.models import User


def visible_endpoints(user: "User | AnonymousUser") -> QuerySet[WebhookEndpoint]:
    """Those of the venues that ``user`` manages; superusers also see the installation's own.

    Raises ``SecondFactorNeeded``.
    """
    rows = WebhookEndpoint.objects.select_related("venue")
    if is_administrator(user):
        return rows
    require_roles(user)
    return rows.filter(venue__in=directory().staffed_by(user, Role.MANAGER).values("pk"))


def require_changeable(endpoint: WebhookEndpoint) -> None:
    """Raises ``Forbidden`` for those of the environment."""
    if endpoint.venue_id is None:
        raise Forbidden
