"""Rows of what tells programs and open pages of changes."""

from tests.permissions.configuration import here, just
from tests.permissions.rows import OUTSIDERS, Row, but, changed_by_managers, everyone, signed_in


def managers_alone(status: int = 200) -> dict[str, int]:
    """Whoever does not manage the venue does not learn where its news go."""
    return but(signed_in(status), 404, *OUTSIDERS, "facilitator", "staff")


HOOK = "webhooks/<uuid:id>"
_hook = here(url="https://93.184.215.14/hook", events=["reservation.confirmed"], description="Till")
WEBHOOKS = [
    Row("GET", "webhooks", signed_in()),
    Row("POST", "webhooks", changed_by_managers(201, public=True), body=_hook),
    Row("GET", HOOK, managers_alone(), id="webhook"),
    Row("PATCH", HOOK, managers_alone(), id="webhook", body=just(events=["*"])),
    Row("DELETE", HOOK, managers_alone(204), id="webhook"),
    Row("POST", f"{HOOK}/rotate-secret", managers_alone(), id="webhook"),
    Row("POST", f"{HOOK}/test", managers_alone(202), id="webhook"),
    Row("GET", f"{HOOK}/deliveries", managers_alone(), id="webhook"),
    Row(
        "POST",
        f"{HOOK}/deliveries/<uuid:delivery_id>/replay",
        managers_alone(202),
        id="webhook",
        parts=("delivery",),
    ),
]

LIVE = [
    Row("GET", "changes", everyone(200), query=lambda world: {"venue": world.venue.slug}),
    Row("GET", "changes", signed_in(), query=just(mine="1"), note="of one's own"),
    Row("POST", "stream-tickets", signed_in(201), body=just(mine=True)),
]

NEWS = [*WEBHOOKS, *LIVE]
