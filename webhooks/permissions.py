"""Who may see and change where a venue's news go: its managers. To others it is not there."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from common.errors import Forbidden
from common.venues import Role, directory
from webhooks.models import WebhookEndpoint

if TYPE_CHECKING:
    from accounts.models import User


def visible_endpoints(user: "User | AnonymousUser") -> QuerySet[WebhookEndpoint]:
    """Of the venues that ``user`` manages; superusers see the installation's own, too."""
    rows = WebhookEndpoint.objects.select_related("venue")
    if user.is_superuser:
        return rows
    return rows.filter(venue__in=directory().staffed_by(user, Role.MANAGER).values("pk"))


def require_changeable(endpoint: WebhookEndpoint) -> None:
    """Those of the environment are changed there. Raises ``Forbidden``."""
    if endpoint.venue_id is None:
        raise Forbidden
