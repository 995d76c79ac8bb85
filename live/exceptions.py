from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class StreamingUnavailable(DomainError):
    code = "streaming_unavailable"
    status = 503
    message = _("Live updates aren't available here. Use /api/changes instead.")


class TooManyStreams(DomainError):
    code = "too_many_streams"
    status = 429
    message = _("Too many pages with live updates are open. Close some.")
    retry_after = 30


class BadStreamRequest(DomainError):
    """Not a GET, another host's name, or no HTTPS where that is demanded."""

    code = "malformed"
    message = _("We couldn't read this request.")


class InvalidTicket(DomainError):
    code = "invalid_ticket"
    status = 401
    message = _("This ticket has been used or has expired. Get a new one.")
