"""HTTPS for good is a promise made step by step: the header follows the settings."""

import os
import subprocess
import sys

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.once
SAY = """
from django.conf import settings
import django; django.setup()
from django.test import Client
settings.ALLOWED_HOSTS = ["testserver"]
print(repr(Client().get("/favicon.ico", secure=True).headers.get("Strict-Transport-Security", "")))
"""


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({"HTTPS": "1"}, "max-age=3600"),
        (
            {"HTTPS": "1", "HSTS_SECONDS": "31536000", "HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"},
            "max-age=31536000; includeSubDomains; preload",
        ),
    ],
)
def test_the_header_is_as_long_as_the_settings_say(environment: dict[str, str], header: str) -> None:
    known = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "x", "DEBUG": "1"}
    said = subprocess.run(
        [sys.executable, "-c", SAY],
        env={**os.environ, **known, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == repr(header)
