"""Clients made from schema.yml compile strictly, and book."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts.models import User
from reservations.enums import Status
from reservations.models import Reservation
from tests.clients.building import StepFailed, Tools, build_clients, install_tools, run
from tests.factories import PASSWORD, make_resource, make_user
from tests.processes import server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
PYTHON = ("openapi_python_client.py", "openapi_generator_python.py")
NODE = ("openapi_fetch.js", "orval.js", "typescript_fetch.js")


def find_tools() -> Tools:
    try:
        return install_tools()
    except StepFailed as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"The generators cannot be installed: {error}")


def commands(tools: Tools, folder: Path) -> list[list[Path]]:
    return [
        *([tools.python, folder / "programs" / name] for name in PYTHON),
        *([tools.node, folder / "compiled/programs" / name] for name in NODE),
    ]


def test_clients_of_five_generators_compile_strictly_and_book() -> None:
    tools = find_tools()
    folder = build_clients(tools)
    user = make_user()
    hashed = Argon2PasswordHasher().encode(PASSWORD, "salt" * 4)  # as servers outside of tests do it
    User.objects.filter(pk=user.pk).update(password=hashed)
    make_resource()

    told = {}
    with server(EMBEDDED_WORKER="0") as (address, _process):
        world = {"HOLDFAST_URL": address, "HOLDFAST_EMAIL": user.email, "HOLDFAST_PASSWORD": PASSWORD}
        world["PYTHONPATH"] = f"{folder}/generated:{folder}/generated/python"
        for command in commands(tools, folder):
            told[command[-1].name] = run(*command, within=folder, **world)

    booked = Reservation.objects.filter(customer=user, status=Status.CANCELLED).order_by("created_at")
    assert list(told.values()) == [f"{found.code} confirmed 25.00 EUR\n" for found in booked]
    assert set(told) == {*PYTHON, *NODE}
