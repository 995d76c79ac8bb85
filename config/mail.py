"""Where mail goes: ``EMAIL_URL``, or the variables ``SMTP_…`` that many programs share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environ import Env

from config.variables import first_of, is_on, number_of

SMTP = "django.core.mail.backends.smtp.EmailBackend"
WATCHED_SMTP = "common.mail.EmailBackend"
KEPT = "common.kept_mail.EmailBackend"
SENDER = "Holdfast <holdfast@localhost>"
FROM_THE_START, ON_DEMAND = 465, 587
"""Ports at which mail servers speak TLS, by their custom."""


def read_mail(environment: Mapping[str, str], *, https: bool, folder: Path) -> dict[str, Any]:
    """Return Django's settings ``EMAIL_…`` and the sender; ``folder`` keeps mail that goes nowhere."""
    sender = first_of(environment, "DEFAULT_FROM_EMAIL", "SMTP_FROM", "SMTP_FROM_EMAIL") or SENDER
    return _read_server(environment, https, folder) | {"DEFAULT_FROM_EMAIL": sender}


def _read_server(environment: Mapping[str, str], https: bool, folder: Path) -> dict[str, Any]:
    url = environment.get("EMAIL_URL", "")
    host = first_of(environment, "SMTP_HOST", "SMTP_SERVER")
    if not url and host:
        return _read_smtp(environment, host)
    if not url and not https:
        return {"EMAIL_BACKEND": KEPT, "EMAIL_FILE_PATH": str(folder)}
    # Mails hold secret links: without a server they are kept on one's own machine alone.
    found: dict[str, Any] = Env.email_url_config(url or "dummymail://")
    return found | {"EMAIL_BACKEND": _watch(found["EMAIL_BACKEND"])}


def _watch(backend: str) -> str:
    return WATCHED_SMTP if backend == SMTP else backend


def _read_smtp(environment: Mapping[str, str], host: str) -> dict[str, Any]:
    port = int(number_of(environment, "SMTP_PORT", default=ON_DEMAND))
    is_wrapped = port == FROM_THE_START or is_on(first_of(environment, "SMTP_SSL", "SMTP_USE_SSL"))
    wants_tls = is_on(first_of(environment, "SMTP_TLS", "SMTP_USE_TLS") or "1")
    return {
        "EMAIL_BACKEND": WATCHED_SMTP,
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": first_of(environment, "SMTP_USER", "SMTP_USERNAME"),
        "EMAIL_HOST_PASSWORD": environment.get("SMTP_PASSWORD", ""),
        "EMAIL_USE_SSL": is_wrapped,
        "EMAIL_USE_TLS": wants_tls and not is_wrapped,
    }


def name_provider(name: str) -> dict[str, str]:
    """A provider's own API in place of SMTP."""
    return {"EMAIL_BACKEND": f"anymail.backends.{name}.EmailBackend"} if name else {}
