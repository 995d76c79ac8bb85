"""Databases to measure on: files in ``var/bench``, or a PostgreSQL server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ("sqlite", "postgresql")


@contextmanager
def make_database(engine: str, name: str, directory: Path) -> Iterator[str]:
    """The URL of a new, empty database, which is gone afterwards."""
    directory.mkdir(parents=True, exist_ok=True)
    if engine == "sqlite":
        with _make_file(directory / f"{name}.sqlite3") as url:
            yield url
        return
    given_url = os.environ.get("DATABASE_URL", "")
    with _start_server(given_url, directory / "postgresql") as server, _make_database_on(server, name) as url:
        yield url


@contextmanager
def _make_file(path: Path) -> Iterator[str]:
    _remove_file(path)
    try:
        yield f"sqlite:///{path}"
    finally:
        _remove_file(path)


def _remove_file(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


@contextmanager
def _start_server(given_url: str, directory: Path) -> Iterator[str]:
    if given_url.startswith("postgres"):
        yield given_url
        return
    from tooling import scratch_postgres

    url = scratch_postgres.start(directory)
    try:
        # Its tests skip what makes bookings durable; here that is part of the price.
        _execute(
            url,
            "ALTER SYSTEM SET fsync = on",
            "ALTER SYSTEM SET synchronous_commit = on",
            "SELECT pg_reload_conf()",
        )
        yield url
    finally:
        scratch_postgres.stop(directory)
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _make_database_on(server: str, name: str) -> Iterator[str]:
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    _execute(server, drop, f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        _execute(server, drop)


def _execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def run_step(url: str, step: str, **options: Any) -> dict[str, Any]:
    """Run ``bench.stage`` on a database, in a process of its own."""
    settings = {"DATABASE_URL": url, "DATABASE_POOL": "0", "DEBUG": "0", "HTTPS": "0", "LOG_LEVEL": "ERROR"}
    unlimited = {"API_RATE_READ": "", "API_RATE_READ_GUEST": ""}  # it is the answers that are measured
    environment = {"SECRET_KEY": "bench", **os.environ, **settings, **unlimited}
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    command = [sys.executable, "-m", "bench.stage", json.dumps({"step": step, **options})]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
