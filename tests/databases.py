"""Workers beside one another: one of them migrates its database, the others get copies of it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection


def migrate_once(shared: Path) -> None:
    """``shared`` is a folder of this run; migrating takes longer than most files of tests."""
    creation: Any = connection.creation
    create = creation.create_test_db

    def create_or_take(*args: Any, keepdb: bool = False, **options: Any) -> str:
        if keepdb:
            return str(create(*args, keepdb=True, **options))
        with _locked(shared / "migrated") as done:
            is_there = done.exists()
            name = str(create(*args, keepdb=is_there, **options))
            if not is_there:
                _copy_for_others(name)
                done.touch()
        return name

    creation.create_test_db = create_or_take


@contextmanager
def _locked(path: Path) -> Iterator[Path]:
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def _copy_for_others(name: str) -> None:
    own, count = os.environ["PYTEST_XDIST_WORKER"], int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    connection.close()  # PostgreSQL copies what nobody uses; SQLite then has written all into the one file
    for other in {f"gw{number}" for number in range(count)} - {own}:
        _copy(name, name.removesuffix(own) + other)


def _copy(name: str, other: str) -> None:
    if connection.vendor == "sqlite":
        for left in (f"{other}-wal", f"{other}-shm"):  # of a run that was killed: it is no part of the copy
            Path(left).unlink(missing_ok=True)
        shutil.copy(name, other)
        return
    creation: Any = connection.creation
    with creation._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{other}"')
        cursor.execute(f'CREATE DATABASE "{other}" TEMPLATE "{name}"')
