"""Workers beside one another: in a fresh clone each compiles its part of the tests, the others read it."""

import os
import re
from importlib import import_module
from pathlib import Path

import pytest

ALL_ONCE = re.compile(r"^pytestmark = .*\bonce\b", re.MULTILINE)


def compile_together(config: pytest.Config) -> None:
    """Loads all tests, in each worker from another place on; compiling takes half of what loading takes."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if count == 1:
        return
    root = config.rootpath
    found = {*root.glob("*/tests/**/test_*.py"), *root.glob("tests/**/test_*.py")}
    files = sorted(path for path in found if not is_left_out(path, config))
    modules = [".".join(path.relative_to(root).with_suffix("").parts) for path in files]
    first = len(modules) * number // count
    for module in modules[first:] + modules[:first]:
        import_module(module)


def is_left_out(path: Path, config: pytest.Config) -> bool:
    """Whether none of its tests is asked for: to see that does not take loading the file."""
    return (
        config.option.markexpr == "not once"
        and path.name.startswith("test_")
        and ALL_ONCE.search(path.read_text()) is not None
    )
