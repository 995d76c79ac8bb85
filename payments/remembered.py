"""Where in a browser somebody goes on when they come back from the provider's page."""

from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

CHECKOUTS = "checkouts"
MOST_CHECKOUTS = 20


def remember_checkout(session: SessionBase, payment_id: UUID, path: str) -> None:
    others = session.get(CHECKOUTS, {})
    others.pop(str(payment_id), None)
    latest = [*others.items(), (str(payment_id), path)]
    session[CHECKOUTS] = dict(latest[-MOST_CHECKOUTS:])


def find_way_back(session: SessionBase, payment_id: UUID) -> str | None:
    path: str | None = session.get(CHECKOUTS, {}).get(str(payment_id))
    return path
