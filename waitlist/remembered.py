"""Which places in line a browser has been shown, so that a guest is known where they wait."""

from collections.abc import Collection
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from waitlist.links import is_valid, token_for
from waitlist.models import WaitlistEntry

WAITS = "waits"
MOST_WAITS = 20


def remember_entry(session: SessionBase, entry: WaitlistEntry) -> None:
    """With its link, which may be revoked; an account's are found by the account."""
    key = str(entry.pk)
    known = session.get(WAITS, {})
    if entry.customer_id is not None or entry.status not in WaitlistEntry.ACTIVE or key in known:
        return
    # The oldest go, so that a session does not grow without end.
    session[WAITS] = dict([*known.items(), (key, token_for(entry))][-MOST_WAITS:])


def list_remembered(session: SessionBase, resource_ids: Collection[int]) -> list[WaitlistEntry]:
    """Those that still wait for these resources; no query where there are none."""
    known = session.get(WAITS, {})
    if not known:
        return []
    ids = [UUID(key) for key in known]
    rows = WaitlistEntry.objects.active().filter(pk__in=ids, customer=None, resource__in=resource_ids)
    return [entry for entry in rows if is_valid(entry, known[str(entry.pk)])]
