"""A database that is away or cannot write: visitors hear so at once, and the first request after it works."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from common.pages import DomainErrorMiddleware
from common.unavailable import is_database_away
from reservations.tests.api_helpers import post, wanted
from tests.factories import make_resource
from tests.processes import PATIENCE, server, until

CONNECTIONS = 3
SOON = 5
"""Seconds: usually two, on a busy machine; much less than a connection that never answers is waited for."""
ENVIRONMENT = {
    "DATABASE_POOL": "1",
    "DATABASE_POOL_SIZE": str(CONNECTIONS),
    "EMBEDDED_WORKER": "0",
    "REDIS_URL": "",
    "API_RATE_READ_GUEST": "",
}
pytestmark = pytest.mark.django_db(transaction=True)


class Door:
    """The way to PostgreSQL: shut it, and PostgreSQL is away as if it had been killed."""

    def __init__(self) -> None:
        with connection.cursor():
            info = connection.connection.info
        self._inner = f"{info.host}/.s.PGSQL.{info.port}"
        self._listener: socket.socket | None = None
        self._ways: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self.open()
        self.url = f"postgres://{quote(info.user)}@127.0.0.1:{self.port}/{quote(info.dbname)}"

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", getattr(self, "port", 0)))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._let_in, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        assert self._listener
        for way in (self._listener, *self._ways):
            with closing(way):
                try:
                    way.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # its other end was quicker
        self._ways.clear()

    def hush(self) -> None:
        """Whoever knocks is let in, and hears nothing; so do those inside."""
        self._flows.clear()

    def speak(self) -> None:
        self._flows.set()

    def _let_in(self, listener: socket.socket) -> None:
        while True:
            try:
                outer, _address = listener.accept()
            except OSError:
                return
            inner = socket.socket(socket.AF_UNIX)
            inner.connect(self._inner)
            self._ways += [outer, inner]
            for ends in ((outer, inner), (inner, outer)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self._flows.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def ask(address: str, body: dict[str, Any] | None = None) -> tuple[int, str, str]:
    """Status, ``Retry-After`` and text."""
    data = json.dumps(body).encode() if body else None
    try:
        request = Request(address, data, {"Content-Type": "application/json"})
        with urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers.get("Retry-After", ""), answer.read().decode()
    except HTTPError as answer:
        return answer.code, answer.headers.get("Retry-After", ""), answer.read().decode()


def ask_at_once(address: str, requests: int = 20) -> set[int]:
    with ThreadPoolExecutor(CONNECTIONS * 2) as clients:
        return {status for status, *_rest in clients.map(ask, [f"{address}/api/resources"] * requests)}


@pytest.mark.postgresql  # a file does not go away; see below
def test_postgresql_goes_and_comes_back() -> None:
    make_resource()
    door = Door()
    with server(DATABASE_URL=door.url, **ENVIRONMENT) as (address, _process):
        assert ask_at_once(address) == {200}
        door.shut()
        door.open()  # as after a restart: every connection of the pool is broken
        until(lambda: ask_at_once(address) == {200})
        door.shut()
        status, retry_after, text = ask(f"{address}/api/resources")
        assert (status, retry_after, json.loads(text)["code"]) == (503, "5", "unavailable")
        status, retry_after, text = ask(f"{address}/")
        assert (status, retry_after) == (503, "5")
        assert "We'll be right back" in text
        assert ask(f"{address}/static/css/base.css")[0] == 200
        assert ask(f"{address}/stream/?venue=nowhere")[0] == 503
        door.open()
        # The pool tries again after a while that grows; on a busy machine it may be looking away just now.
        until(lambda: ask(f"{address}/api/resources")[0] == 200)
        until(lambda: ask_at_once(address) == {200})
        door.hush()
        for path in ("/api/resources", "/", "/api/resources"):
            began = monotonic()
            assert ask(f"{address}{path}")[0] == 503
            assert monotonic() - began < SOON, path
        assert ask_at_once(address, CONNECTIONS * 2) == {503}
        door.speak()
        assert until(lambda: ask(f"{address}/api/resources")[0] == 200, seconds=SOON)
        until(lambda: ask_at_once(address) == {200})
        door.shut()


@pytest.mark.postgresql
def test_nobody_waits_long_for_a_database_that_is_away() -> None:
    code = (
        "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS']['pool']['timeout'])"
    )
    environment = {**os.environ, "DATABASE_POOL": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    said = subprocess.check_output(["python", "-c", code], env=environment, cwd=settings.BASE_DIR, text=True)
    assert float(said) <= 1.5


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=False).returncode:
        pytest.skip("Only root may mount a small disk.")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.once
def test_a_full_or_read_only_disk(tmp_path: Path) -> None:
    """What is written is kept, the rest is refused at once; with room again the next booking works."""
    room = make_resource()
    file = tmp_path / "copy"
    # Were the open database read as a file, closing that would drop the locks that this process has on it.
    connection.cursor().execute("VACUUM INTO %s", [str(file)])
    with small_disk(tmp_path, file.stat().st_size + 2_000_000) as disk:
        shutil.move(file, disk / "db")
        with server(**ENVIRONMENT | {"DATABASE_URL": f"sqlite:///{disk}/db"}) as (address, _process):
            assert book(address, wanted(room))[0] == 201
            filler = disk / "filler"
            fill(filler)
            hours = [f"{hour:02}:00" for hour in range(11, 20)]
            answers = [book(address, wanted(room, time=hour)) for hour in hours]
            refused = [hour for hour, answer in zip(hours, answers, strict=True) if answer[0] == 503]
            assert {answer[0] for answer in answers} <= {201, 503}
            assert refused
            assert json.loads(answers[hours.index(refused[0])][2])["code"] == "unavailable"
            filler.unlink()
            assert {book(address, wanted(room, time=hour))[0] for hour in refused} == {201}
            until(lambda: remounted(disk, "ro"))  # not while a worker writes
            assert book(address, wanted(room, time="20:00"))[0] == 503
            assert remounted(disk, "rw")
            assert book(address, wanted(room, time="20:00"))[0] == 201


def book(address: str, body: dict[str, Any]) -> tuple[int, str, str]:
    return ask(f"{address}/api/reservations", body)


def remounted(disk: Path, how: str) -> bool:
    return subprocess.run(["mount", "-o", f"remount,{how}", disk], check=False).returncode == 0


def fill(file: Path) -> None:
    try:
        with file.open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
    except OSError:
        return


def test_a_database_that_may_only_be_read(client: Client, rf: RequestFactory) -> None:
    room = make_resource()
    with connection.cursor() as cursor:
        is_postgresql = connection.vendor == "postgresql"
        cursor.execute(
            "SET default_transaction_read_only = on" if is_postgresql else "PRAGMA query_only = on"
        )
    try:
        answer = post(client, "/api/reservations", wanted(room))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        with pytest.raises(DatabaseError) as failure:
            make_resource()
    finally:
        connection.close()
    page = DomainErrorMiddleware(lambda request: HttpResponse()).process_exception(
        rf.get("/", headers={"Accept-Language": "de"}), failure.value
    )
    assert page is not None
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert 'lang="de"' in page.content.decode()
    assert post(client, "/api/reservations", wanted(room)).status_code == 201


def test_a_mistake_of_ours_is_no_absence() -> None:
    with pytest.raises(DatabaseError) as failure:
        connection.cursor().execute("SELECT * FROM nowhere")
    assert not is_database_away(failure.value)
