"""A database in a file is nothing for others who use the machine."""

import stat
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections

from common.sqlite.base import DatabaseWrapper

pytestmark = pytest.mark.once


def test_a_new_database_is_for_its_own_account_alone(tmp_path: Path) -> None:
    defaults = connections["default"].settings_dict
    name = tmp_path / "new.sqlite3"
    made = DatabaseWrapper({**defaults, "NAME": str(name), "OPTIONS": {}})
    with closing(made.get_new_connection(made.get_connection_params())) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (a)")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("new.sqlite3", "new.sqlite3-wal", "new.sqlite3-shm"), 0o600)
