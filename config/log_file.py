"""A log file that all processes write to together, and that starts anew once it is full.

The standard library's ``RotatingFileHandler`` is for one process: when a second one turns the file over, the
first goes on in what has been put aside, and older files are lost.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.variables import number_of

MODE = 0o640
"""Lines hold addresses of visitors and the like: nothing for everybody on this machine."""


@dataclass(frozen=True)
class LogFile:
    """``keep`` older ones stay beside it, the youngest with ``.1`` at its end."""

    path: Path
    most_bytes: int
    keep: int


def read_log_file(environment: Mapping[str, str]) -> LogFile | None:
    """Return what LOG_FILE names; None where it names nothing. Raises ``ImproperlyConfigured``."""
    text = environment.get("LOG_FILE", "")
    if not text:
        return None
    most_bytes = number_of(environment, "LOG_FILE_BYTES", default=10_485_760)
    keep = number_of(environment, "LOG_FILE_KEEP", default=5)
    return LogFile(_find_writable(Path(text).expanduser().absolute()), int(most_bytes), int(keep))


def _find_writable(path: Path) -> Path:
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        os.close(_open_to_append(path))
    except OSError as error:
        raise ImproperlyConfigured(f"LOG_FILE cannot be written: {error}") from error
    if not path.is_file():  # turning a device over would rename it
        raise ImproperlyConfigured(f"LOG_FILE is no file: {path}. The console gets every line anyway.")
    return path


def _open_to_append(path: Path | str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE)


class SharedRotatingFile(RotatingFileHandler):
    """Takes a lock beside the file for each line, and looks whether others have turned it over."""

    def __init__(self, file: LogFile) -> None:
        super().__init__(
            file.path, maxBytes=file.most_bytes, backupCount=file.keep, encoding="utf-8", delay=True
        )
        self._lock_path = f"{self.baseFilename}.lock"

    def _open(self) -> TextIOWrapper:
        return os.fdopen(_open_to_append(self.baseFilename), "a", encoding="utf-8")

    def emit(self, record: LogRecord) -> None:
        try:
            with self._turn():
                self._follow()
                super().emit(record)
        except OSError:  # a full disk, a folder that is gone: what is logged stops nobody's work
            self.handleError(record)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # Opened anew each time: a process that was forked would share its parent's turn.
        lock = _open_to_append(self._lock_path)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing it does not suffice if another thread has just forked
            os.close(lock)

    def _follow(self) -> None:
        """Go on in the file that has the name now, if another process has turned it over."""
        if self.stream and not self._is_current(self.stream):
            self.stream.close()
            self.stream = None  # the library's own sign; it opens the file again

    def _is_current(self, stream: TextIOWrapper) -> bool:
        try:
            return os.path.samestat(os.stat(self.baseFilename), os.fstat(stream.fileno()))
        except FileNotFoundError:
            return False

    def shouldRollover(self, record: LogRecord) -> bool:  # noqa: N802  (the library's name)
        """By what the file holds: others have written to it, too."""
        stream = self.stream = self.stream or self._open()
        size = os.fstat(stream.fileno()).st_size
        line = len(self.format(record).encode(errors="replace")) + 1
        return size > 0 and size + line > self.maxBytes
