"""One message from the outbox to where it ends."""

import smtplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app as app
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from common import clock
from common.background import Queue
from common.lanes import Lane
from notifications.enums import Channel, MessageStatus
from notifications.models import Message
from notifications.services.delivering import LEASE, PAUSES, deliver_due, deliver_message
from notifications.services.forgetting import KEPT, forget_texts
from notifications.services.resending import resend_message
from notifications.tests.helpers import make_due, send_all
from notifications.tests.mail_server import PATIENCE, MailServer
from reservations.messages.names import BookingMessage
from tests.factories import at, book, make_member, make_resource, make_user

pytestmark = pytest.mark.django_db
ADA = "ada@example.com"


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with MailServer() as found:
        yield found


@pytest.fixture
def server(running: MailServer, settings: Settings) -> MailServer:
    running.forget()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
    return running


@pytest.fixture
def message() -> Message:
    book(make_resource())
    return Message.objects.get()


def tried(message: Message) -> Message:
    deliver_message(message.pk)
    message.refresh_from_db()
    return message


def test_a_mail_goes_through_a_real_server(server: MailServer, message: Message) -> None:
    tried(message)
    (mail,) = server.mails
    assert message.status == MessageStatus.SENT
    assert message.sent_at
    assert mail["Message-ID"] == f"<{message.pk}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]


def test_it_is_sent_once_however_often_it_is_tried(server: MailServer, message: Message) -> None:
    assert deliver_message(message.pk)
    assert not deliver_message(message.pk)
    assert deliver_due(now=clock.now() + timedelta(days=1)) == 0
    assert len(server.mails) == 1


def test_a_server_that_is_away_is_tried_again_and_again(settings: Settings, message: Message) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = free.getsockname()
    for attempt, pause in enumerate(PAUSES, start=1):
        before = clock.now()
        tried(message)
        assert message.status == MessageStatus.WAITING
        assert message.attempts == attempt
        assert pause <= message.due_at - before <= pause * 1.2 + timedelta(seconds=5)
        assert "ConnectionRefused" in message.last_error
        assert not deliver_message(message.pk), "not before it is due"
        make_due(message)
    tried(message)
    assert message.status == MessageStatus.FAILED


@pytest.mark.parametrize(
    ("answer", "status"),
    [("550 No such user", MessageStatus.BOUNCED), ("451 Greylisted", MessageStatus.WAITING)],
)
def test_refused_recipients(server: MailServer, message: Message, answer: str, status: str) -> None:
    server.answers[ADA] = answer
    tried(message)
    assert message.status == status
    assert answer[:3] in message.last_error


def test_nothing_more_goes_to_an_address_that_bounced_unless_staff_try(
    server: MailServer, message: Message
) -> None:
    server.answers[ADA] = "550 No such user"
    tried(message)
    book(make_resource())
    send_all()
    assert Message.objects.filter(status=MessageStatus.SUPPRESSED).count() == 1
    server.answers.clear()
    again = resend_message(message=message, by=make_user())
    send_all()
    again.refresh_from_db()
    assert again.status == MessageStatus.SENT
    book(make_resource())
    send_all()
    assert Message.objects.latest("created_at").status == MessageStatus.SENT


def test_a_worker_that_died_is_waited_for_and_replaced(server: MailServer, message: Message) -> None:
    lease = clock.now() + LEASE
    Message.objects.update(status=MessageStatus.SENDING, claimed_until=lease, attempts=1)
    assert deliver_due(now=clock.now()) == 0
    assert not deliver_message(message.pk)
    make_due(message)
    assert deliver_due(now=clock.now()) == 1
    assert tried(message).status == MessageStatus.SENT


def test_who_comes_late_writes_nothing_down(server: MailServer, message: Message, settings: Settings) -> None:
    """Its lease was over and another worker has the message by now."""
    settings.EMAIL_BACKEND = "notifications.tests.test_delivering.Overtaken"
    tried(message)
    assert message.status == MessageStatus.SENDING
    assert message.attempts == 1


class Overtaken:
    """A mail backend that takes so long that the message is claimed again meanwhile."""

    def __init__(self, **options: Any) -> None:
        pass

    def send_messages(self, mails: list[Any]) -> int:
        Message.objects.update(claimed_until=clock.now() + 2 * LEASE)
        raise smtplib.SMTPServerDisconnected("Gone")


def test_booking_does_not_wait_for_mail(
    settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Broker and mail server are away: the booking stands, and so does its message."""
    settings.EMAIL_BACKEND = "no.such.Backend"
    Queue.embedded = False
    with django_capture_on_commit_callbacks(execute=True):
        book(make_resource())
    message = Message.objects.get()
    assert message.status == MessageStatus.WAITING
    assert tried(message).status == MessageStatus.WAITING
    assert "ImportError" in message.last_error or "ModuleNotFound" in message.last_error


def test_each_commit_queues_one_task_for_all_its_messages(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = make_resource()
    make_member(room.venue)
    monkeypatch.setattr(Queue, "embedded", True)
    with app.connection_for_read() as broker, broker.SimpleQueue(str(Lane.MESSAGES)) as queue:
        queue.clear()
        with django_capture_on_commit_callbacks(execute=True):
            book(room)
        message_ids, *_more = queue.get(timeout=PATIENCE).payload
        assert queue.qsize() == 0
    assert len(message_ids) == 2
    assert set(message_ids) == {str(message.pk) for message in Message.objects.all()}


def test_a_run_is_bounded(server: MailServer) -> None:
    room = make_resource()
    for day in range(7, 10):
        book(room, at(day))
    assert deliver_due(now=clock.now(), limit=2) == 2
    assert len(server.mails) == 2


def test_old_texts_are_forgotten_and_can_be_sent_again(server: MailServer, message: Message) -> None:
    book(make_resource())
    tried(message)
    now = clock.now()
    assert forget_texts(now=now + KEPT - timedelta(days=1)) == 0
    assert forget_texts(now=now + KEPT) == 1
    message.refresh_from_db()
    assert message.subject == message.text == message.html == ""
    assert message.status == MessageStatus.SENT
    user: User = make_user()
    again = resend_message(message=message, by=user)
    tried(again)
    assert again.status == MessageStatus.SENT
    assert again.kind == BookingMessage.CONFIRMED
    assert again.channel == Channel.EMAIL
    assert again.resent_by == user
    assert "Ada Lovelace" in again.text
