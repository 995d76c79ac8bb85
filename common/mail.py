"""Mail by SMTP, with a deadline for all of one call."""

import logging
import socket
from collections.abc import Callable, Sequence
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

from common.deadlines import Deadline

logger = logging.getLogger(__name__)
SECONDS = 30  # for connecting, greeting and handing over together


class EmailBackend(smtp.EmailBackend):
    """Django's own timeout (``EMAIL_TIMEOUT``) starts anew with each line of the server's."""

    _deadline: Deadline | None = None

    @property
    def connection_class(self) -> Any:
        usual, deadline = super().connection_class, self._deadline

        class WatchedConnection(usual):  # type: ignore[misc, valid-type]  # SMTP or SMTP_SSL, by the settings
            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                connection: socket.socket = super()._get_socket(host, port, timeout)
                if deadline is not None:
                    deadline.watch(connection)
                return connection

        return WatchedConnection

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with Deadline(SECONDS) as self._deadline:
            return super().send_messages(email_messages) or 0


def send_leniently(send: Callable[[], object]) -> None:
    """A mail server that is down stops nothing."""
    try:
        send()
    except (SMTPException, OSError):
        logger.exception("A mail could not be sent.")
