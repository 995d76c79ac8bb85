"""A real SMTP server that can hold its clients at a step, and refuse them."""

import asyncio
import hashlib
import socket
import threading
from collections import Counter
from email import message_from_bytes
from enum import StrEnum
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

PATIENCE = 20
"""Seconds."""


class Gate(StrEnum):
    """Steps at which a client can be held."""

    GREETED = "greeted"
    SENDER = "sender"
    DATA = "data"


class MailServer:
    """``arrived``: how many copies of each Message-ID it has taken; ``answers``: replies by recipient."""

    def __init__(self) -> None:
        self._gate: Gate | None = None
        self._at_gate = threading.Event()
        self._open = threading.Event()
        self._quit = threading.Event()
        self.forget()
        self.port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def forget(self) -> None:
        self.arrived: Counter[str] = Counter()
        self.bodies: set[str] = set()
        self.mails: list[Any] = []
        self.answers: dict[str, str] = {}
        self.accepted_since_opened = 0
        self.open_gate()

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.set()
        self._controller.stop()

    def close_gate(self, gate: Gate) -> None:
        self._gate = gate
        self._open.clear()
        self._at_gate.clear()
        self._quit.clear()

    def open_gate(self) -> None:
        self._gate = None
        self._open.set()
        self.accepted_since_opened = 0

    def wait_at_gate(self) -> None:
        assert self._at_gate.wait(PATIENCE), "no client came"

    def wait_until_quit(self) -> None:
        assert self._quit.wait(PATIENCE), "the client did not end"

    async def _pass(self, gate: Gate) -> None:
        """Whoever is killed at the gate never comes through: its connection's task ends with it."""
        if self._gate == gate:
            self._at_gate.set()
            await asyncio.to_thread(self._open.wait, PATIENCE)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, host: str, lines: list[str]
    ) -> list[str]:
        await self._pass(Gate.GREETED)
        session.host_name = host
        return lines

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._pass(Gate.SENDER)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self._pass(Gate.DATA)
        mail = message_from_bytes(envelope.original_content or b"")
        self.arrived[mail["Message-ID"]] += 1
        self.bodies.add(_digest(mail))
        self.mails.append(mail)
        self.accepted_since_opened += 1
        return "250 Taken"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._quit.set()
        return "221 Bye"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _digest(mail: Any) -> str:
    """Of subject, recipient and all texts; not of dates and boundaries."""
    parts = [part.get_payload() for part in mail.walk() if not part.is_multipart()]
    return hashlib.sha256(repr([mail["Subject"], mail["To"], *parts]).encode()).hexdigest()
