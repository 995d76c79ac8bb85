"""LOG_FILE: one file for all processes, turned over by size, of which no line is lost."""

import logging
import logging.config
import multiprocessing
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from common.request_ids import named_request
from config.log_file import LogFile, SharedRotatingFile, read_log_file
from config.logs import make_logging

pytestmark = pytest.mark.once
WRITERS, LINES = 3, 300


def write(file: LogFile, writer: int, start: Any = None) -> None:
    if start:
        start.wait()
    handler = SharedRotatingFile(file)
    for number in range(LINES):
        handler.handle(logging.makeLogRecord({"msg": f"{writer}-{number}-{'ä' * 20}"}))
    handler.close()


def read_back(folder: Path) -> list[str]:
    return [line for path in sorted(folder.glob("log*")) if path.suffix != ".lock" for line in lines(path)]


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_several_processes_turn_one_file_over_and_lose_nothing(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "log", most_bytes=2000, keep=99)
    context = multiprocessing.get_context("fork")
    start = context.Barrier(WRITERS)
    writers = [context.Process(target=write, args=(file, number, start)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    wanted = {f"{writer}-{number}-{'ä' * 20}" for writer in range(WRITERS) for number in range(LINES)}
    written = read_back(tmp_path)
    assert len(written) == len(wanted)
    assert set(written) == wanted
    assert max(path.stat().st_size for path in tmp_path.glob("log*")) <= 2000


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    write(LogFile(tmp_path / "log", most_bytes=1000, keep=2), 0)
    assert {path.name for path in tmp_path.iterdir()} == {"log", "log.1", "log.2", "log.lock"}
    assert lines(tmp_path / "log")[-1].startswith(f"0-{LINES - 1}-")
    assert {stat.S_IMODE(path.stat().st_mode) & 0o027 for path in tmp_path.iterdir()} == {0}


def test_a_line_that_is_longer_than_a_file_is_written_all_the_same(tmp_path: Path) -> None:
    handler = SharedRotatingFile(LogFile(tmp_path / "log", most_bytes=10, keep=3))
    for text in ("first", "second " * 9, "third"):
        handler.handle(logging.makeLogRecord({"msg": text}))
    handler.close()
    assert [lines(tmp_path / name) for name in ("log", "log.1", "log.2")] == [
        ["third"],
        ["second " * 9],
        ["first"],
    ]


def test_a_file_that_is_taken_away_is_made_again(tmp_path: Path) -> None:
    handler = SharedRotatingFile(LogFile(tmp_path / "log", most_bytes=1000, keep=1))
    handler.handle(logging.makeLogRecord({"msg": "one"}))
    (tmp_path / "log").unlink()
    handler.handle(logging.makeLogRecord({"msg": "two"}))
    handler.close()
    assert lines(tmp_path / "log") == ["two"]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)


def test_a_folder_that_is_gone_stops_nobodys_work(tmp_path: Path, quiet: None) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    handler = SharedRotatingFile(LogFile(folder / "log", most_bytes=1000, keep=1))
    folder.rmdir()
    handler.handle(logging.makeLogRecord({"msg": "one"}))
    handler.close()


def handler_of_settings(file: LogFile) -> logging.Handler:
    """As ``dictConfig`` makes it, without touching the log of this process."""
    configurator = logging.config.DictConfigurator(make_logging("INFO", file))
    formatters = configurator.config["formatters"]
    formatters["file"] = configurator.configure_formatter(formatters["file"])
    return configurator.configure_handler(configurator.config["handlers"]["file"])


def test_lines_say_when_and_who_and_no_secret(tmp_path: Path) -> None:
    logger = logging.Logger("holdfast.test")
    logger.addHandler(handler_of_settings(LogFile(tmp_path / "log", most_bytes=1000, keep=1)))
    with named_request("abcdefgh"):
        logger.warning("Asked: %s", "/x/?token=abc")
    (line,) = lines(tmp_path / "log")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING \d+ holdfast\.test: "
        r"Asked: /x/\?token=\[…\] \[request abcdefgh\]",
        line,
    )


def test_the_console_is_there_with_and_without_a_file(tmp_path: Path) -> None:
    assert make_logging("INFO", None)["root"]["handlers"] == ["console"]
    file = read_log_file({"LOG_FILE": str(tmp_path / "new" / "log")})
    assert file == LogFile(tmp_path / "new" / "log", 10_485_760, 5)
    assert make_logging("INFO", file)["root"]["handlers"] == ["console", "file"]


@pytest.mark.parametrize("name", ["/dev/null", "/proc/nothing/log", "."])
def test_what_cannot_be_written_is_refused_at_the_start(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="LOG_FILE"):
        read_log_file({"LOG_FILE": name})


@pytest.mark.parametrize("name", ["LOG_FILE_BYTES", "LOG_FILE_KEEP"])
def test_sizes_are_numbers(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        read_log_file({"LOG_FILE": str(tmp_path / "log"), name: "much"})
