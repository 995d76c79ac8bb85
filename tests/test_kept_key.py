"""manage.py in a shell beside script/server needs no SECRET_KEY of its own."""

from pathlib import Path

import pytest

from config.kept_key import read_kept_key

pytestmark = pytest.mark.once


def test_manage_py_uses_the_key_that_the_local_server_made(tmp_path: Path) -> None:
    assert read_kept_key(tmp_path) == ""
    (tmp_path / "secret_key").write_text("kept\n")
    assert read_kept_key(tmp_path) == "kept"
