"""Real processes around the test database: server, worker, beat, Redis."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from django.db import connection

ROOT = Path(__file__).parent.parent
REDIS = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(
    REDIS is None and not os.environ.get("CI"), reason="redis-server is not installed"
)
PATIENCE = 240
"""Seconds that something may take which happens at once on a quiet machine."""
T = TypeVar("T")


def database_url() -> str:
    """The test database, for other processes."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def until(ask: Callable[[], T | None], *, seconds: float = PATIENCE) -> T:
    """What ``ask`` answers as soon as it is true; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            pytest.fail(f"Not within {seconds} s.")
        time.sleep(0.05)
    return answer


class Running:
    """A process with everything it has printed."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process, self.log = process, log
        self.last_words = ""

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else self.last_words

    def kill(self) -> None:
        """As the power cut would, with all its children."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(*command: str, **environment: str) -> Iterator[Running]:
    """Starts a process group of the project's and stops it at the end."""
    around = {
        **os.environ,
        "SECRET_KEY": "test",
        "HTTPS": "0",
        "DATABASE_POOL": "0",
        "DATABASE_URL": database_url(),
        "ALLOW_PRIVATE_ADDRESSES": "1",
        "PYTHONUNBUFFERED": "1",
        "EMAIL_URL": "consolemail://",
        **environment,
    }
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=around, stdout=out, stderr=out, start_new_session=True
            )
        found = Running(process, log)
        try:
            yield found
        finally:
            _stop(process)
            found.last_words = found.output


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def redis(port: int) -> Iterator[Running]:
    """A broker in memory on ``port``; what it held is gone with it."""
    command = (REDIS or "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "")
    with running(*command) as found:
        until(lambda: is_open(port))
        yield found


def is_open(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def worker(**environment: str) -> Iterator[Running]:
    command = (sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1")
    with running(*command, **environment) as found:
        until(lambda: "[queues]" in found.output)
        yield found


@contextmanager
def beat(**environment: str) -> Iterator[Running]:
    with running(sys.executable, "-m", "celery", "-A", "config", "beat", **environment) as found:
        yield found


@contextmanager
def server(**environment: str) -> Iterator[tuple[str, Running]]:
    """The address of a real server, and its process; its log comes with a failure."""
    port = str(free_port())
    address = f"http://localhost:{port}"
    command = (
        sys.executable,
        "-m",
        "uvicorn",
        "config.asgi:application",
        "--port",
        port,
        "--no-proxy-headers",
    )
    # DEBUG serves static files from where they are written.
    with running(*command, SITE_URL=address, DEBUG="1", **environment) as found:
        until(lambda: is_open(int(port)) or found.process.poll() is not None)
        try:
            yield address, found
        except BaseException as error:
            error.add_note(found.output[-4000:])
            raise
