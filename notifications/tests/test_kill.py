"""Never twice, never lost: workers killed with -9 between every two steps.

A real SMTP server tells where a worker is, holds it there, and the test kills its process. Whoever comes
next finishes the job: every message arrives, all copies of one under the same Message-ID.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from pytest_django import Settings

from notifications.channels.email import message_id
from notifications.enums import MessageStatus
from notifications.models import Message
from notifications.tests.helpers import make_due, send_all
from notifications.tests.mail_server import Gate, MailServer
from tests.factories import at, book, make_resource

WORKER = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from notifications.tasks import deliver_messages
print("ready", flush=True)
for line in sys.stdin:
    print(deliver_messages(line.strip()), flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@contextmanager
def worker(server: MailServer) -> Iterator["subprocess.Popen[str]"]:
    """A process of its own on the test's database."""
    environment = os.environ | {
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(connection.settings_dict["NAME"])],
        cwd=Path(django_settings.BASE_DIR),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()


def begin(process: "subprocess.Popen[str]", message: Message) -> None:
    assert process.stdin
    process.stdin.write(f"{message.pk}\n")
    process.stdin.flush()


def kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.fixture
def message() -> Message:
    book(make_resource())
    return Message.objects.get()


@pytest.fixture
def through(server: MailServer, settings: Settings) -> MailServer:
    """What the test itself sends goes to the same server."""
    server.forget()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    return server


def finished_by_somebody_else(message: Message, server: MailServer) -> None:
    """Not before the lease is over; then exactly once, whatever is tried after that."""
    send_all()
    assert server.accepted_since_opened == 0
    make_due(message)
    send_all()
    send_all()
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT
    assert set(server.arrived) == {message_id(message)}
    assert server.accepted_since_opened == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "gate", [*(pytest.param(each, marks=pytest.mark.once) for each in (Gate.GREETED, Gate.SENDER)), Gate.DATA]
)
def test_killed_before_the_mail_was_taken(through: MailServer, message: Message, gate: Gate) -> None:
    with worker(through) as process:
        through.close_gate(gate)
        begin(process, message)
        through.wait_at_gate()
        message.refresh_from_db()
        assert message.status == MessageStatus.SENDING
        kill(process)
    through.open_gate()
    assert through.arrived == Counter()
    finished_by_somebody_else(message, through)
    assert through.arrived == {message_id(message): 1}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_killed_after_the_mail_was_taken(through: MailServer, message: Message) -> None:
    """The one window that no sender can close: it goes again under its old Message-ID.

    The database is locked meanwhile, so that the worker cannot write down that it has sent it.
    """
    with worker(through) as process:
        through.close_gate(Gate.DATA)
        begin(process, message)
        through.wait_at_gate()
        with transaction.atomic():
            Message.objects.select_for_update().get()
            through.open_gate()
            through.wait_until_quit()
            process.kill()
            process.wait()
            end_what_it_left()
    assert through.arrived == {message_id(message): 1}
    through.open_gate()
    finished_by_somebody_else(message, through)
    assert through.arrived == {message_id(message): 2}
    assert len(through.bodies) == 1, "the copies are the same mail"


def end_what_it_left() -> None:
    """PostgreSQL would carry out what a dead client had asked for: here its whole machine is gone."""
    if connection.vendor == "postgresql":
        others = "datname = current_database() and pid <> pg_backend_pid()"
        with connection.cursor() as cursor:
            cursor.execute(f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where {others}")


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_killed_after_it_was_written_down(through: MailServer, message: Message) -> None:
    with worker(through) as process:
        begin(process, message)
        assert process.stdout
        assert process.stdout.readline() == "1\n"
        kill(process)
    send_all()
    assert through.arrived == {message_id(message): 1}


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_nobody_was_there_at_all(through: MailServer) -> None:
    """The process that booked died right after its commit: the row is there, and so the tick finds it."""
    room = make_resource()
    for day in range(7, 10):
        book(room, at(day))
    send_all()
    assert sorted(through.arrived.values()) == [1, 1, 1]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_it_once(through: MailServer, message: Message) -> None:
    with worker(through) as first, worker(through) as second:
        through.close_gate(Gate.DATA)
        begin(first, message)
        through.wait_at_gate()
        begin(second, message)
        assert _answer(second) == "0"
        through.open_gate()
        assert _answer(first) == "1"
    assert through.arrived == {message_id(message): 1}


def _answer(process: Any) -> str:
    read: Callable[[], str] = process.stdout.readline
    return read().strip()
