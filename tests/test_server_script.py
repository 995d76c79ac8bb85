"""What script/server sets when nobody says otherwise: the script itself, around a stand-in for Python."""

import os
import shutil
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from django.http.request import split_domain_port, validate_host

from config.own_names import list_own_names
from tests.processes import ROOT

pytestmark = pytest.mark.once
STAND_IN = """#!/bin/sh
echo "$@ | $ALLOWED_HOSTS | $SITE_URL" >>calls
case "$*" in *own_names) echo one.example,two.example ;; esac
touch var/made
"""
ENVIRONMENT = 'cd "$(dirname "$0")/.."; PATH="$PWD/bin:$PATH"; mkdir -p var\n'


def start(folder: Path, **environment: str) -> str:
    """The last call of Python: the server."""
    for name in ("script", "bin"):
        (folder / name).mkdir()
    shutil.copy(ROOT / "script" / "server", folder / "script" / "server")
    (folder / "script" / "environment").write_text(ENVIRONMENT)
    (folder / "bin" / "python").write_text(STAND_IN)
    (folder / "bin" / "python").chmod(0o755)
    known = {"PATH": os.environ["PATH"], "SECRET_KEY": ""}
    subprocess.run(["bash", "script/server"], cwd=folder, env=known | environment, check=True, umask=0o022)
    return (folder / "calls").read_text().splitlines()[-1]


def test_a_server_at_all_addresses_answers_to_the_machines_own_names(tmp_path: Path) -> None:
    words, hosts, site = start(tmp_path, HOST="0.0.0.0").split(" | ")
    assert hosts == "one.example,two.example"
    assert site == "http://localhost:8000"
    assert "--no-proxy-headers" in words.split()


def test_names_that_are_given_are_taken(tmp_path: Path) -> None:
    _words, hosts, site = start(
        tmp_path, HOST="::", ALLOWED_HOSTS="book.example", SITE_URL="http://book.example"
    ).split(" | ")
    assert (hosts, site) == ("book.example", "http://book.example")


def test_what_the_server_keeps_is_for_its_own_account_alone(tmp_path: Path) -> None:
    start(tmp_path)
    for name in ("var", "var/made", "var/secret_key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o077 == 0, name


def test_own_names_are_names_and_not_anything_at_all() -> None:
    names = list_own_names()
    assert {"localhost", "127.0.0.1", "[::1]", socket.gethostname().lower()} <= {*names}
    assert not validate_host("evil.example", names)
    for name in names:
        assert validate_host(split_domain_port(f"{name}:8000")[0], names), name
