"""Databases to measure on: files in ``var/bench``, or a PostgreSQL server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ("sqlite", "postgresql")
_TEMPLATE = "holdfast_bench_template"


NewDatabase = Callable[[str], AbstractContextManager[str]]


@contextmanager
def open_engine(engine: str, directory: Path) -> Iterator[NewDatabase]:
    """What makes databases by name: each as migrations leave it, and gone after its use.

    Migrations run once; the databases are copies.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if engine == "sqlite":
        with _make_file(directory, _TEMPLATE) as template:
            run_step(template, "migrate")
            yield partial(_make_file, directory, template=directory / f"{_TEMPLATE}.sqlite3")
        return
    given_url = os.environ.get("DATABASE_URL", "")
    with (
        start_server(given_url, directory / "postgresql") as server,
        make_database_on(server, _TEMPLATE) as template,
    ):
        run_step(template, "migrate")
        yield partial(make_database_on, server, template=_TEMPLATE)


@contextmanager
def _make_file(directory: Path, name: str, template: Path | None = None) -> Iterator[str]:
    path = directory / f"{name}.sqlite3"
    _remove_file(path)
    try:
        if template:
            shutil.copy(template, path)
        yield f"sqlite:///{path}"
    finally:
        _remove_file(path)


def _remove_file(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


@contextmanager
def start_server(given_url: str, directory: Path) -> Iterator[str]:
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
def make_database_on(server: str, name: str, template: str = "template1") -> Iterator[str]:
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    _execute(server, drop, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
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
