"""A lock that goes to whoever has waited longest."""

import os
import threading
import time
from collections import deque

from django.db import OperationalError, ProgrammingError

LOOK_AGAIN = 1.0
"""Seconds after which a waiting thread checks that whoever has the turn is still alive."""


class TurnTimeout(OperationalError):
    """Others wrote for longer than this writer may wait."""

    pass


class WritesAlready(ProgrammingError):
    """The thread has the turn already, through another connection to the same file."""

    pass


class Turn:
    def __init__(self, turns: "Turns") -> None:
        self._turns = turns
        self.thread = threading.current_thread()
        self.has_come = threading.Event()

    def end(self) -> None:
        # Also called while it still waits: then it only leaves the queue.
        self._turns.forget(self)


class Turns:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: Turn | None = None
        self._waiting: deque[Turn] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def take(self, seconds: float) -> Turn:
        """Wait until it is this thread's turn. Raises ``TurnTimeout``, ``WritesAlready``."""
        turn = Turn(self)
        with self._lock:
            if self._owner is not None and self._owner.thread is turn.thread:
                # It would wait for itself.
                raise WritesAlready("This thread already writes through another connection to this database.")
            self._waiting.append(turn)
            self._pass_on()
        try:
            self._wait(turn, time.monotonic() + seconds)
        except BaseException:
            turn.end()
            raise
        return turn

    def forget(self, turn: Turn) -> None:
        with self._lock:
            if self._owner is turn:
                self._owner = None
            elif turn in self._waiting:
                self._waiting.remove(turn)
            self._pass_on()

    def _wait(self, turn: Turn, deadline: float) -> None:
        while not turn.has_come.wait(max(0, min(LOOK_AGAIN, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                raise TurnTimeout(f"database is locked: {self.waiting} writers are waiting")
            with self._lock:
                self._pass_on()

    def _pass_on(self) -> None:
        # The turn of a thread that died without ending it belongs to nobody.
        if self._owner is not None and self._owner.thread.is_alive():
            return
        self._owner = self._waiting.popleft() if self._waiting else None
        if self._owner is not None:
            self._owner.has_come.set()


_turns: dict[str, Turns] = {}
os.register_at_fork(after_in_child=_turns.clear)  # whoever had the turn is no thread of the child's


def turns_at(path: str) -> Turns:
    return _turns.setdefault(path, Turns())
