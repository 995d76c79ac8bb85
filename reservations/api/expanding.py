"""``expand``: what is worked out for each reservation of a long list only when it is asked for."""

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from common.parsing import refuse
from common.schema import query
from reservations.api.listed import EXPANDABLE

EXPAND = query(
    "expand",
    f"What is worked out for each reservation, separated by commas: {', '.join(EXPANDABLE)}.",
)


def read_expand(request: Request) -> frozenset[str]:
    """Raises ``InvalidInput``."""
    asked = ",".join(request.query_params.getlist("expand")).split(",")
    names = frozenset(name.strip() for name in asked if name.strip())
    if names - {*EXPANDABLE}:
        refuse("expand", _("Choose one of: %(known)s.") % {"known": ", ".join(EXPANDABLE)})
    return names
