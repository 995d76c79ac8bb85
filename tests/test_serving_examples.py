"""The examples of docs/deployment.md name what there is: variables, programs, options, addresses, limits."""

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery as celery_command
from django.core.management import get_commands
from django.urls import Resolver404, get_resolver, resolve
from environ import Env
from gunicorn.config import Config
from uvicorn.main import main as uvicorn_command

from common.bodies import LARGEST_FORM
from common.lanes import Lane
from config.databases import complete_database
from tests.processes import ROOT
from tests.test_hidden_secrets import list_routes

pytestmark = pytest.mark.once
OF_SERVERS = {"WEB_CONCURRENCY"}
"""Read by gunicorn and uvicorn themselves."""
OF_COMPOSE = {"POSTGRES_PASSWORD"}
READ = re.compile(
    r"""(?:env\.\w+\(|environ\w*\.get\(|environment\[|_of\(environment,)\s*((?:"[A-Z][A-Z0-9_]+",?\s*)+)"""
)
NAME = re.compile(r'"([A-Z][A-Z0-9_]+)"')
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yml").read_text())
PROXIES = [ROOT / "deploy" / "nginx.conf", ROOT / "deploy" / "apache.conf"]


def read_variables() -> set[str]:
    sources = "\n".join(path.read_text() for path in (ROOT / "config").glob("*.py"))
    return {name for found in READ.findall(sources) for name in NAME.findall(found)}


def documented_variables() -> set[str]:
    table = (ROOT / "docs" / "configuration.md").read_text().split("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", cell)}


def test_every_variable_that_is_read_is_documented() -> None:
    assert len(read_variables()) > 60
    assert read_variables() - documented_variables() == set()


def test_the_example_of_settings_has_variables_that_exist() -> None:
    text = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    assert len(named) > 10
    assert named - read_variables() == OF_SERVERS | OF_COMPOSE
    assert named - documented_variables() == OF_COMPOSE
    secrets = re.findall(r"^(\w*(?:SECRET|TOKEN|KEY|PASSWORD))=(.*)$", text, re.MULTILINE)
    assert {value for _name, value in secrets} == {""}, "a secret that everybody knows"


def test_a_pooler_is_told_of_by_the_address_of_the_database() -> None:
    """In transaction mode no cursor of the database outlives a statement."""
    page = (ROOT / "docs" / "deployment.md").read_text()
    (address,) = re.findall(r"^DATABASE_URL=(\S+:6432\S+)$", page, re.MULTILINE)
    database = complete_database(Env.db_url_config(address), pool_size=0)
    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert "pool" not in database["OPTIONS"]
    assert database["HOST"] == "127.0.0.1"


# --- Commands ---------------------------------------------------------------------------------------
def commands() -> Iterator[tuple[str, list[str]]]:
    for unit in UNITS:
        (command,) = re.findall(r"^ExecStart=/srv/holdfast/\.venv/bin/(.*)$", unit.read_text(), re.MULTILINE)
        yield unit.name, shlex.split(command)
    for name, service in COMPOSE["services"].items():
        if service.get("image") == "holdfast":
            yield f"compose {name}", shlex.split(service["command"])
    page = (ROOT / "docs" / "deployment.md").read_text()
    for command in re.findall(r"^(?:python|gunicorn|uvicorn|celery) .*$", page, re.MULTILINE):
        yield "deployment.md", shlex.split(command, comments=True)


def parse(program: str, arguments: list[str]) -> str:
    """Ask the program's own parser, and return the module that it would load."""
    if program == "gunicorn":
        return str(Config().parser().parse_args(arguments).args[0])
    if program == "uvicorn":
        return str(uvicorn_command.make_context(program, arguments).params["app"])
    assert program == "celery"
    celery_command.make_context(program, [*arguments])  # which takes them out
    queues = re.findall(r"-Q (\S+)", " ".join(arguments))
    assert {name for found in queues for name in found.split(",")} <= {lane.value for lane in Lane}
    return arguments[arguments.index("-A") + 1]


@pytest.mark.parametrize(("where", "command"), list(commands()), ids=str)
def test_commands_are_those_of_programs_and_modules_there_are(where: str, command: list[str]) -> None:
    program, *arguments = command
    if program == "python":
        assert arguments[0] == "manage.py"
        assert arguments[1] in get_commands()
        return
    module, _, name = parse(program, arguments).partition(":")
    loaded = import_module(module) if module == "config" else find_module(module)
    assert loaded
    assert name in ("", "application")


def find_module(module: str) -> bool:
    # Importing an entry point starts what belongs to a server.
    return (ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_units_belong_together() -> None:
    target = (ROOT / "deploy" / "systemd" / "holdfast.target").read_text()
    (wanted,) = re.findall(r"^Wants=(.*)$", target, re.MULTILINE)
    assert sorted(wanted.split()) == [unit.name for unit in UNITS]
    roles = {name.removeprefix("compose ") for name, _command in commands() if name.startswith("compose")}
    assert {unit.stem.removeprefix("holdfast-") for unit in UNITS} | {"migrate"} == roles


def test_the_image_is_made_of_files_there_are() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copies = re.findall(r"^COPY (?:--\S+ )*(.*) \S+$", text, re.MULTILINE)
    assert {name for names in copies for name in names.split() if not (ROOT / name).exists()} == set()
    started = re.findall(r'^CMD \["(.*)"\]$', text, re.MULTILINE)
    assert [(ROOT / name).is_file() for name in started] == [True]
    requirements = re.findall(r"\S*requirements\S*\.txt", (ROOT / "docs" / "deployment.md").read_text())
    assert {name for name in requirements if not (ROOT / name).exists()} == set()


# --- Proxies ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("proxy", PROXIES, ids=lambda path: path.name)
def test_proxies_route_to_addresses_there_are(proxy: Path) -> None:
    routes = set(re.findall(r"(?:location|ProxyPass|<Location) (/[\w/]*)", proxy.read_text()))
    assert routes == {"/", "/stream/"}
    for route in routes:
        try:
            resolve(route)
        except Resolver404:
            pytest.fail(f"{route} is none of our addresses")


@pytest.mark.parametrize("proxy", PROXIES, ids=lambda path: path.name)
def test_proxies_hide_every_link_that_is_secret(proxy: Path) -> None:
    (kept,) = re.findall(r"/\(\?:([\w|-]+)\)/", proxy.read_text())
    secret = {route.split("/")[0] for route in list_routes(get_resolver()) if "token>" in route}
    assert secret - set(kept.split("|")) == set()
    assert [name for name in kept.split("|") if not any_route(name)] == []


def any_route(first: str) -> bool:
    return any(route.startswith(f"{first}/") for route in list_routes(get_resolver()))


def test_proxies_leave_compressing_to_us() -> None:
    """They do not know what somebody could learn by its size (BREACH), and are set up to compress pages."""
    nginx, apache = (path.read_text() for path in PROXIES)
    assert "gzip off;" in nginx
    assert "SetEnv no-gzip 1" in apache


def test_proxies_take_as_much_as_the_largest_form() -> None:
    """Less would be refused by them, with a page of theirs."""
    nginx, apache = (path.read_text() for path in PROXIES)
    assert [int(size) * 1_048_576 for size in re.findall(r"client_max_body_size (\d+)m;", nginx)] == [
        LARGEST_FORM
    ]
    assert [int(size) for size in re.findall(r"Content-Length} -gt (\d+)", apache)] == [LARGEST_FORM]
