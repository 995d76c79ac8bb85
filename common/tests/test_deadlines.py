"""Servers that dawdle, byte by byte, are left at the deadline, whatever they are about to say."""

import itertools
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from common import mail
from common.deadlines import Deadline
from common.outgoing import TOO_LONG, DeliveryFailed, send_request

pytestmark = pytest.mark.once
SECONDS = 1.0
GENEROUS = 20.0
"""Dripping takes minutes; a busy machine does not."""
HEAD = b"HTTP/1.1 200 OK\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"


@contextmanager
def dripping(at_once: bytes, then: bytes) -> Iterator[int]:
    """A server's port: it says ``at_once``, and ``then`` again and again, a byte every fifth of a second."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):  # the client has gone, as it should
                client, _address = server.accept()
                with client:
                    client.sendall(at_once)
                    for byte in itertools.cycle(then):
                        if over.wait(0.2):
                            return
                        client.sendall(bytes([byte]))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        over.set()
    thread.join(GENEROUS)


@pytest.mark.parametrize(
    ("at_once", "then"),
    [
        pytest.param(b"", b"H", id="status line"),
        pytest.param(HEAD + b"X-Long: ", b"x", id="one header"),
        pytest.param(HEAD, b"X-A: 1\r\n", id="many headers"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0", id="size of a chunk"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", id="chunks"),
        pytest.param(HEAD + b"Content-Length: 9999\r\n\r\n", b"x", id="body of known length"),
        pytest.param(HEAD + b"Connection: close\r\n\r\n", b"x", id="body without length"),
        pytest.param(INTERIM, INTERIM, id="interim answers"),
    ],
)
def test_an_answer_that_drips_is_cut(at_once: bytes, then: bytes, settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with dripping(at_once, then) as port:
        began = time.monotonic()
        with pytest.raises(DeliveryFailed, match=TOO_LONG):
            send_request("GET", f"http://127.0.0.1:{port}/", seconds=SECONDS)
        assert time.monotonic() - began < GENEROUS


def test_a_greeting_in_tls_that_drips_is_cut(settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    hello = b"\x16\x03\x03\x3f\xff"  # a record of 16 KB is announced
    with dripping(hello, b"\x02") as port:
        began = time.monotonic()
        with pytest.raises(DeliveryFailed):
            send_request("GET", f"https://127.0.0.1:{port}/", seconds=SECONDS)
        assert time.monotonic() - began < GENEROUS


@pytest.mark.parametrize("at_once", [b"", b"220 mail.example\r\n250-"])
def test_a_mail_server_that_drips_is_left(
    at_once: bytes, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", SECONDS)
    settings.EMAIL_BACKEND = "common.mail.EmailBackend"
    with dripping(at_once, b"2") as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        began = time.monotonic()
        with pytest.raises(smtplib.SMTPException):  # it is tried again
            EmailMessage("Subject", "Text", to=["ada@example.com"]).send()
        assert time.monotonic() - began < GENEROUS


def test_what_is_watched_too_late_is_cut_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(0) as end:
        end.watch(ours)
        assert ours.recv(1) == b""
