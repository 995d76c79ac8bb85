"""A database from before the first release stops every start with one sentence, and stays as it is."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from common.outdated import OutdatedDatabase, refuse_outdated_database
from config.serving import refuse_unfit_database

STARTS = {
    "prepare": ["manage.py", "prepare"],
    "migrate": ["manage.py", "migrate"],
    "wsgi": ["config.wsgi"],
    "asgi": ["config.asgi"],
    "worker": ["celery", "-A", "config", "worker", "--pool=solo"],
    "beat": ["celery", "-A", "config", "beat", "--schedule=/dev/null"],
}
START_ALL = """
import importlib, json, os, runpy, sys
import celery.bin.celery, django, django.core.handlers.asgi, django.core.handlers.wsgi
django.setup()
import config.urls, config.celery  # once for all: each starts in a copy of this process, as Python would
folder, starts = sys.argv[1], json.loads(sys.argv[2])
for name, words in starts.items():
    if os.fork():
        _pid, status = os.wait()
        open(f"{folder}/{name}.code", "w").write(str(os.waitstatus_to_exitcode(status)))
        continue
    os.dup2(os.open(f"{folder}/{name}.said", os.O_CREAT | os.O_WRONLY), 2)
    sys.argv = words
    if words[0].endswith(".py"):
        runpy.run_path(words[0], run_name="__main__")
    elif len(words) > 1:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        importlib.import_module(words[0])
    break
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """What a version of before left behind: its migrations' names and a table without today's columns."""
    path = tmp_path / "holdfast.sqlite3"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app, name, applied)")
        names = ["0001_initial", "0002_alter_allocation_expires_at", "0003_reservation_title"]
        rows = [("reservations", name, "2026-03-01 12:00:00") for name in names]
        made.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", rows)
        made.execute("CREATE TABLE reservations_allocation (id INTEGER PRIMARY KEY, b0 INTEGER, b1 INTEGER)")
        made.execute("INSERT INTO reservations_allocation (b0, b1) VALUES (1, 2)")
    return path


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


@pytest.mark.once
def test_nothing_starts_with_it(old: Path) -> None:
    before = content(old)
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{old}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    command = [sys.executable, "-c", START_ALL, str(old.parent), json.dumps(STARTS)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, timeout=300, check=False)

    assert done.returncode == 0
    for start in STARTS:
        assert (old.parent / f"{start}.code").read_text() != "0", start
        said = (old.parent / f"{start}.said").read_text()
        assert "reservations.0002_alter_allocation_expires_at" in said.strip().splitlines()[-1], start
        assert f"move {old} away or name another database in DATABASE_URL" in said
        assert "Traceback" not in said
    assert content(old) == before


def rename_a_migration() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = '0002_group' WHERE app = 'waitlist'")


def lose_a_column() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE common_storedanswer RENAME COLUMN headers TO header")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "sign"),
    [
        (rename_a_migration, "migration waitlist.0002_group"),
        (lose_a_column, "no column common_storedanswer.headers"),
    ],
)
def test_either_sign_is_enough(change: Callable[[], None], sign: str) -> None:
    refuse_outdated_database()
    change()
    with pytest.raises(OutdatedDatabase, match=sign):
        refuse_outdated_database()


@pytest.mark.django_db
def test_a_database_that_waits_for_a_migration_is_not_outdated() -> None:
    lose_a_column()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'common'")
    refuse_outdated_database()


@pytest.mark.django_db
def test_a_server_may_load_the_application_inside_its_event_loop() -> None:
    """As each of several processes of uvicorn does."""

    async def load() -> None:
        refuse_unfit_database()

    asyncio.run(load())
