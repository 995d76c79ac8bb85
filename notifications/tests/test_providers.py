"""Providers: text messages over REST, and what is reported of mails and texts later."""

import base64
import hashlib
import hmac
import importlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client
from django.urls import clear_url_caches
from pytest_django import Settings

import notifications.urls
from common import clock
from notifications.enums import Channel, MessageStatus
from notifications.models import Message
from notifications.services.delivering import LEASE, deliver_message
from reservations.messages.names import BookingMessage
from tests.factories import book, make_resource, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SECRET = "between us"


def text_message(**fields: Any) -> Message:
    defaults: dict[str, Any] = {
        "venue": make_venue(),
        "kind": BookingMessage.REMINDER,
        "channel": Channel.SMS,
        "recipient": "+4915112345678",
        "dedupe_key": "one",
        "text": "See you tomorrow",
        "resend_of": None,
    }
    return Message.objects.create(**(defaults | fields))


class Provider(BaseHTTPRequestHandler):
    """Answers with ``status`` and keeps what it was asked."""

    asked: list[tuple[dict[str, str], Any]] = []
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((dict(self.headers), json.loads(body)))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b'{"id": "abc-1"}')

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def provider(settings: Settings) -> Iterator[type[Provider]]:
    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_BACKEND = "notifications.channels.sms.RestSms"
    settings.SMS_URL = f"http://127.0.0.1:{server.server_port}/messages"
    settings.SMS_TOKEN, settings.SMS_SENDER = "token", "Mill"
    settings.ALLOW_PRIVATE_ADDRESSES = True
    Provider.asked, Provider.status = [], 200
    yield Provider
    server.shutdown()


def tried(message: Message) -> Message:
    deliver_message(message.pk)
    message.refresh_from_db()
    return message


def test_a_text_message_over_rest(provider: type[Provider]) -> None:
    message = tried(text_message(kind=BookingMessage.CHANGED))
    ((headers, body),) = provider.asked
    assert headers["Authorization"] == "Bearer token"
    assert headers["Idempotency-Key"] == body["reference"] == str(message.pk)
    assert (body["to"], body["from"], body["text"]) == ("+4915112345678", "Mill", "See you tomorrow")
    assert message.status == MessageStatus.SENT
    assert message.provider_id == "abc-1"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (500, MessageStatus.WAITING),
        (429, MessageStatus.WAITING),
        (401, MessageStatus.WAITING),
        (400, MessageStatus.FAILED),
        (422, MessageStatus.BOUNCED),
    ],
)
def test_what_may_pass_is_tried_again(provider: type[Provider], answer: int, status: str) -> None:
    provider.status = answer
    message = tried(text_message(kind=BookingMessage.CHANGED))
    assert message.status == status
    assert f"HTTP {answer}" in message.last_error


class Twilio(Provider):
    """Takes forms, and refuses with a code of its own."""

    code = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append((dict(self.headers) | {"path": self.path}, dict(parse_qsl(body))))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(json.dumps({"sid": "SM1", "code": self.code, "message": "No"}).encode())


@pytest.fixture
def twilio(settings: Settings) -> Iterator[type[Twilio]]:
    server = HTTPServer(("127.0.0.1", 0), Twilio)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_BACKEND = "notifications.channels.twilio.TwilioSms"
    settings.TWILIO_API_BASE = f"http://127.0.0.1:{server.server_port}"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "token"
    settings.SMS_SENDER, settings.ALLOW_PRIVATE_ADDRESSES = "+4930123", True
    Twilio.asked, Twilio.status, Twilio.code = [], 201, 0
    yield Twilio
    server.shutdown()


def test_a_text_message_through_twilio(twilio: type[Twilio]) -> None:
    message = tried(text_message(kind=BookingMessage.CHANGED))
    ((headers, body),) = twilio.asked
    assert headers["path"] == "/2010-04-01/Accounts/AC1/Messages.json"
    assert headers["Authorization"] == f"Basic {base64.b64encode(b'AC1:token').decode()}"
    assert body == {"To": "+4915112345678", "From": "+4930123", "Body": "See you tomorrow"}
    assert (message.status, message.provider_id) == (MessageStatus.SENT, "SM1")


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        (400, 21211, MessageStatus.BOUNCED),
        (400, 21602, MessageStatus.FAILED),
        (401, 20003, MessageStatus.WAITING),
        (429, 20429, MessageStatus.WAITING),
        (500, 0, MessageStatus.WAITING),
    ],
)
def test_what_twilio_refuses(twilio: type[Twilio], answer: int, code: int, status: str) -> None:
    twilio.status, twilio.code = answer, code
    message = tried(text_message(kind=BookingMessage.CHANGED))
    assert message.status == status
    assert message.last_error.endswith(f"HTTP {answer}: No")


def report(client: Client, body: bytes, *, secret: str = SECRET, age: int = 0) -> int:
    timestamp = str(int(time.time()) - age)
    made = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": timestamp, "X-Signature": made}
    return client.post("/hooks/sms/", body, content_type="application/json", headers=headers).status_code


def told(message: Message, **fields: str) -> bytes:
    return json.dumps({"reference": str(message.pk)} | fields).encode()


def test_reports_of_texts(client: Client, settings: Settings) -> None:
    settings.SMS_WEBHOOK_SECRET = SECRET
    message = text_message(status=MessageStatus.SENT)
    assert report(client, told(message, status="delivered")) == 204
    message.refresh_from_db()
    assert message.delivered_at
    by_number = json.dumps({"id": "abc-2", "status": "failed", "reason": "no network"}).encode()
    Message.objects.update(provider_id="abc-2")
    assert report(client, by_number) == 204
    message.refresh_from_db()
    assert (message.status, message.last_error) == (MessageStatus.FAILED, "no network")


def test_only_signed_and_fresh_reports_count(client: Client, settings: Settings) -> None:
    message = text_message(status=MessageStatus.SENT)
    body = told(message, status="failed")
    assert report(client, body) == 404, "nothing is listened to without a secret"
    settings.SMS_WEBHOOK_SECRET = SECRET
    assert report(client, body, secret="guessed") == 403
    assert report(client, body, age=600) == 403
    assert report(client, body, age=-600) == 403
    assert client.post("/hooks/sms/", body, content_type="application/json").status_code == 403
    assert client.get("/hooks/sms/").status_code == 405
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'"x"', b"{}", b'{"reference": 5, "status": "failed"}']
)
def test_strange_reports_do_no_harm(client: Client, settings: Settings, body: bytes) -> None:
    settings.SMS_WEBHOOK_SECRET = SECRET
    text_message(status=MessageStatus.SENT)
    assert report(client, body) in (204, 400)
    assert Message.objects.get().status == MessageStatus.SENT


@pytest.fixture
def mail_hooks(settings: Settings) -> Iterator[None]:
    """The addresses as they are with anymail's secret set."""
    before = settings.ANYMAIL
    settings.EMAIL_PROVIDER = "mailgun"
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": "user:password",
        "MAILGUN_WEBHOOK_SIGNING_KEY": "signing key",
        "MAILGUN_API_KEY": "api key",
    }
    _reload(settings)
    yield
    settings.EMAIL_PROVIDER, settings.ANYMAIL = "", before
    _reload(settings)


def _reload(settings: Settings) -> None:
    importlib.reload(notifications.urls)
    importlib.reload(importlib.import_module(settings.ROOT_URLCONF))
    clear_url_caches()


def mailgun(client: Client, message: Message, event: str, *, key: str = "signing key") -> int:
    token, timestamp = "t" * 50, str(int(time.time()))
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    body = {
        "signature": {"token": token, "timestamp": timestamp, "signature": signature},
        "event-data": {
            "event": event,
            "severity": "permanent",
            "id": "x",
            "timestamp": time.time(),
            "recipient": message.recipient,
            "message": {"headers": {"message-id": "something@else"}},
            "user-variables": {"message": str(message.pk)},
            "delivery-status": {"code": 550, "message": "No such mailbox"},
        },
    }
    basic = base64.b64encode(b"user:password").decode()
    answer = client.post(
        "/hooks/mail/mailgun/tracking/",
        body,
        content_type="application/json",
        headers={"Authorization": f"Basic {basic}"},
    )
    return answer.status_code


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("failed", MessageStatus.BOUNCED),
        ("complained", MessageStatus.COMPLAINED),
        ("delivered", MessageStatus.SENT),
    ],
)
def test_signed_reports_of_mails(client: Client, mail_hooks: None, event: str, status: str) -> None:
    book(make_resource())
    message = Message.objects.get()
    Message.objects.update(status=MessageStatus.SENT)
    assert mailgun(client, message, event, key="guessed") == 400
    message.refresh_from_db()
    assert message.ended_at is None
    assert mailgun(client, message, event) == 200
    message.refresh_from_db()
    assert message.status == status
    assert bool(message.delivered_at) == (event == "delivered")


def test_mail_reports_are_not_listened_to_without_a_secret(client: Client) -> None:
    book(make_resource())
    assert mailgun(client, Message.objects.get(), "failed") == 404


def test_other_providers_are_not_listened_to(client: Client, mail_hooks: None) -> None:
    for name in ("postmark", "sendgrid", "mandrill"):
        assert client.post(f"/hooks/mail/{name}/tracking/").status_code == 404
    assert client.post("/hooks/mail/mailgun/inbound/").status_code == 404
    assert client.post("/hooks/mail/mailgun/tracking/").status_code == 400, "no password"


def test_what_has_arrived_is_not_sent_once_more(client: Client, mail_hooks: None) -> None:
    """The worker died after the provider had taken it; the provider's report comes before the next try."""
    book(make_resource())
    message = Message.objects.get()
    Message.objects.update(status=MessageStatus.SENDING, claimed_until=clock.now() - LEASE)
    assert mailgun(client, message, "delivered") == 200
    assert not deliver_message(message.pk)
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT
    assert message.sent_at


def test_bad_news_are_kept(client: Client, mail_hooks: None) -> None:
    book(make_resource())
    message = Message.objects.get()
    for event in ("complained", "delivered", "failed"):
        mailgun(client, message, event)
    message.refresh_from_db()
    assert message.status == MessageStatus.COMPLAINED
