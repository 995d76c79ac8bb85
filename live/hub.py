"""One reader per process: it reads new rows once and hands them to every client."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import DatabaseError, connections

from common.clock import now
from live import reading, waking
from live.exceptions import TooManyStreams
from live.listening import listen
from live.positions import Position
from live.reading import CommittedChange

P = ParamSpec("P")
R = TypeVar("R")

MOST_WAITING = 100
"""Batches a client may be behind; then it is cut off, reconnects and catches up."""
THREADS = 4
logger = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(THREADS, "holdfast-stream")
# The hub's own thread: a thousand clients that connect at once must not delay news for the others.
_reader = ThreadPoolExecutor(1, "holdfast-reader")


async def run_in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run beside the event loop; its database connection is closed at its end."""
    return await _run_in(_threads, partial(function, *args, **kwargs))


async def _run_in(pool: ThreadPoolExecutor, call: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(pool, _call_and_disconnect, call)


def _call_and_disconnect(call: Callable[[], R]) -> R:
    try:
        return call()
    finally:
        connections.close_all()


class Client:
    """One open page. ``queue`` gets batches; None means "fetch everything again"."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.queue: asyncio.Queue[list[CommittedChange] | None] = asyncio.Queue(MOST_WAITING)
        self.is_cut_off = False

    def put(self, batch: list[CommittedChange] | None) -> None:
        try:
            self.queue.put_nowait(batch)
        # Whoever does not read must not fill the memory: it is cut off, and catches up later.
        except asyncio.QueueFull:
            self.is_cut_off = True

    def end(self) -> None:
        """The browser reconnects, and catches up, when there is a server again."""
        self.is_cut_off = True
        self.put([])


class Hub:
    """One for each event loop, running from the first client to the last."""

    _current: "Hub | None" = None

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.clients: set[Client] = set()
        self.per_client: Counter[str] = Counter()
        self.position: Position | None = None
        self.woken = asyncio.Event()
        self.round = asyncio.Condition()
        self.begun = self.done = 0
        self.tasks: list[asyncio.Task[None]] = []

    @classmethod
    def current(cls) -> "Hub":
        loop = asyncio.get_running_loop()
        if cls._current is None or cls._current.loop is not loop:
            cls._current = cls()
        return cls._current

    @contextlib.asynccontextmanager
    async def client(self, who: str) -> AsyncIterator[Client]:
        """``who`` is an account or address. Raises ``TooManyStreams``."""
        if self.per_client[who] >= settings.STREAMS_PER_CLIENT:
            raise TooManyStreams
        client = Client(who)
        self.clients.add(client)
        self.per_client[who] += 1
        try:
            if not self.tasks:
                self._start()
            yield client
        finally:
            self.clients.discard(client)
            self.per_client[who] -= 1
            if not self.per_client[who]:
                del self.per_client[who]
            if not self.clients:
                self._stop()

    def wake(self) -> None:
        """Call from any thread."""
        self.loop.call_soon_threadsafe(self.woken.set)

    def end(self) -> None:
        """End all streams; call from any thread."""
        for client in list(self.clients):
            self.loop.call_soon_threadsafe(client.end)

    async def catch_up(self, client: Client) -> Position:
        """Read everything committed before the call; returns the position then."""
        # A round under way may have begun before the call, so only the next one counts. The queue is emptied,
        # because the client reads up to this position by itself.
        wanted = self.begun + 1
        self.woken.set()
        async with self.round:
            await self.round.wait_for(lambda: self.done >= wanted)
        while not client.queue.empty():
            client.queue.get_nowait()
        return (self.position or Position()).copy()

    def _start(self) -> None:
        self.position = None
        waking.listeners.add(self.wake)
        self.tasks = [asyncio.create_task(self._work()), asyncio.create_task(listen(self.woken.set))]

    def _stop(self) -> None:
        waking.listeners.discard(self.wake)
        for task in self.tasks:
            task.cancel()
        self.tasks = []

    async def _work(self) -> None:
        while True:
            # Cleared before reading: a change that comes in meanwhile wakes the next round.
            self.woken.clear()
            try:
                await self._round()
            except DatabaseError as error:  # it comes back, and so do we
                logger.warning("Changes cannot be read just now: %s", error)
                await asyncio.sleep(1)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), settings.STREAM_LOOK_SECONDS)

    async def _round(self) -> None:
        self.begun += 1
        # A copy, so that a round that fails half-way is read again as a whole.
        position = self.position.copy() if self.position else None
        changes = await _run_in(_reader, partial(reading.read_changes, position)) if position else []
        if position is None or changes is None:
            position = await _run_in(_reader, reading.present_position)
        position.forget_gaps(now())
        self.position = position
        # None (too much to tell) goes out as well: the clients fetch everything again.
        for client in self.clients if changes != [] else ():
            client.put(changes)
        async with self.round:
            self.done = self.begun
            self.round.notify_all()
