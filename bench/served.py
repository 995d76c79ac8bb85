"""A production server of one version, asked over HTTP: how long it took, and what it cost the processors.

Linux only: processor time is read from ``/proc``.
"""

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKERS = 2
HOST = "127.0.0.1"
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60
UNLIMITED = {f"API_RATE_{name}": "" for name in ("READ", "READ_GUEST", "WRITE", "WRITE_GUEST")}
"""It is the answers that are measured."""
# The session of the superuser whom ``bench.calendar`` has made, for a cookie.
SIGN_IN = """
import django
django.setup()
from django.test import Client
from accounts.models import User
client = Client()
client.force_login(User.objects.get(email="bench@example.com"))
print(next(iter(client.cookies.values())).OutputString().split(";")[0])
"""


@dataclass(frozen=True, slots=True)
class Version:
    """A work tree with the interpreter of its environment, and a database filled by it."""

    tree: Path
    python: Path
    database_url: str

    def run(self, *arguments: str) -> str:
        """What a Python process of this version prints."""
        command = [str(self.python), *arguments]
        done = subprocess.run(
            command, cwd=self.tree, env=self.environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        settings = {
            "DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "bench" * 12,
            "HTTPS": "0",
            "LOG_LEVEL": "ERROR",
            "EMBEDDED_WORKER": "0",
            "ALLOWED_HOSTS": f"{HOST},localhost",
        }
        with_own_pool = {name: value for name, value in os.environ.items() if name != "DATABASE_POOL"}
        return with_own_pool | settings | UNLIMITED


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Server:
    """``pid`` is that of the process above all workers; ``staff`` is a session's cookie."""

    port: int
    pid: int
    staff: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            sent = None if body is None else json.dumps(body)
            given = {"Content-Type": "application/json", **headers}
            connection.request(method, path, sent, given)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()


@contextmanager
def serve(version: Version) -> Iterator[Server]:
    """As in production: gunicorn with so many processes as there are cores."""
    port = _free_port()
    command = ["-m", "gunicorn", "--bind", f"{HOST}:{port}", "--workers", str(WORKERS), "config.wsgi"]
    staff = version.run("-c", SIGN_IN).splitlines()[-1]
    process = subprocess.Popen(
        [str(version.python), *command], cwd=version.tree, env=version.environment, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield Server(port, process.pid, staff)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers at port {port}")


def cpu_seconds(pid: int) -> float:
    """Of a process, of all below it, and of those that it has outlived."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0
    return sum(map(int, fields[11:15])) / TICKS + sum(cpu_seconds(int(child)) for child in children)


def running_seconds(pid: int) -> float:
    """Of the main threads of a process and all below it, to the nanosecond."""
    try:
        nanoseconds = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0
    return nanoseconds / 1e9 + sum(running_seconds(int(child)) for child in children)
