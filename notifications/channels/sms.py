"""Text messages, through the backend that ``SMS_BACKEND`` names."""

import json
import logging
from typing import ClassVar, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from common.outgoing import Answer, send_request
from notifications.channels.errors import MessageRefused
from notifications.links import insert_links
from notifications.models import Message

logger = logging.getLogger(__name__)
BAD_NUMBER = 422


class SmsBackend(Protocol):
    """``reference`` is the same for every try of one message: sent twice, it is one.

    Returns the provider's number. Raises ``MessageRefused``, or anything else for what may pass.
    """

    def send(self, to: str, text: str, *, reference: str) -> str: ...


def send_sms(message: Message) -> str:
    backend: SmsBackend = import_string(settings.SMS_BACKEND)()
    return backend.send(message.recipient, insert_links(message.text, message), reference=str(message.pk))


class ConsoleSms:
    """Logs whom it would reach, but not the text, which may hold a secret link."""

    def send(self, to: str, text: str, *, reference: str) -> str:
        logger.info("Text message %s: %d characters to a number ending in %s.", reference, len(text), to[-2:])
        return ""


class MemorySms:
    """Keeps texts by reference, like a provider that takes each once."""

    sent: ClassVar[dict[str, tuple[str, str]]] = {}

    def send(self, to: str, text: str, *, reference: str) -> str:
        self.sent.setdefault(reference, (to, text))
        return f"memory-{reference}"


class RestSms:
    """``POST SMS_URL`` with ``{"to", "from", "text", "reference"}``; the answer's ``id`` is kept."""

    def send(self, to: str, text: str, *, reference: str) -> str:
        body = {"to": to, "from": settings.SMS_SENDER, "text": text, "reference": reference}
        headers = {
            "Authorization": f"Bearer {settings.SMS_TOKEN}",
            "Content-Type": "application/json",
            "Idempotency-Key": reference,
        }
        answer = send_request("POST", settings.SMS_URL, headers=headers, body=json.dumps(body).encode())
        if answer.status == BAD_NUMBER:
            raise MessageRefused(_describe_answer(answer), is_address=True)
        if answer.status == 400:
            raise MessageRefused(_describe_answer(answer))
        if not answer.is_ok:
            raise ConnectionError(_describe_answer(answer))
        return _provider_number(answer)


def _describe_answer(answer: Answer) -> str:
    return f"HTTP {answer.status}: {answer.body[:200].decode(errors='replace')}"


def _provider_number(answer: Answer) -> str:
    try:
        data = json.loads(answer.body)
    except ValueError:
        return ""
    number = data.get("id", "") if isinstance(data, dict) else ""
    return str(number)[:300]
