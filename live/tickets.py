"""Tickets for ``/stream/``: ``EventSource`` sends no headers, and addresses are no place for keys."""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken

from accounts.api.authentication import Credential
from common.clock import now
from common.sealing import seal, unseal
from live.exceptions import InvalidTicket
from live.models import StreamTicket

LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may listen, and to what: the filters as a query string."""

    credential: Credential
    query: str


def make_ticket(grant: Grant) -> tuple[str, datetime]:
    """A new ticket, and until when it can be used."""
    text, expires_at = secrets.token_urlsafe(32), now() + LIFETIME
    StreamTicket.objects.create(digest=_digest(text), grant=seal(asdict(grant)), expires_at=expires_at)
    return text, expires_at


def use_ticket(text: str) -> Grant:
    """It works once, also in a race. Raises ``InvalidTicket``."""
    ticket = StreamTicket.objects.filter(digest=_digest(text), expires_at__gt=now()).first()
    if ticket is None or not StreamTicket.objects.filter(digest=ticket.digest).delete()[0]:
        raise InvalidTicket
    try:
        return Grant(**unseal(ticket.grant))
    except InvalidToken as error:  # the server's key was changed in this minute
        raise InvalidTicket from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
