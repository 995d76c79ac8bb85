"""One version, whoever is told it."""

import tomllib
from pathlib import Path

from django.conf import settings

import config


def test_it_is_that_of_the_package() -> None:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())["project"]
    assert config.__version__ == settings.VERSION == project["version"]
