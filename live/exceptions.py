from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class StreamingUnavailable(DomainError):
    code = "streaming_unavailable"
    status = 503
    message = _("Live updates do not run here. Ask /api/changes instead.")


class TooManyStreams(DomainError):
    code = "too_many_streams"
    status = 429
    message = _("Too many pages are open for live updates at the same time.")
    retry_after = 30


class BadStreamRequest(DomainError):
    """Not a GET, another host's name, or no HTTPS where that is demanded."""

    code = "malformed"
    message = _("This request cannot be understood.")


class InvalidTicket(DomainError):
    code = "invalid_ticket"
    status = 401
    message = _("This ticket was used, or has expired. Get a new one.")
