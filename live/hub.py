"""One reader per process: it reads new rows once and hands them to every client.

Lives in the server's event loop from the first client to the last. It holds no database connection while
nothing happens, and none per client.
"""

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
from live import news, waking
from live.exceptions import TooManyStreams
from live.listening import listen
from live.news import News
from live.positions import Position

P = ParamSpec("P")
R = TypeVar("R")

LOOK_EVERY = 1.0
"""Seconds after which it looks although nobody has woken it."""
MOST_WAITING = 100
"""Batches a client may be behind; then it is cut off, reconnects and catches up."""
THREADS = 4
logger = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(THREADS, "holdfast-stream")
_reader = ThreadPoolExecutor(1, "holdfast-reader")
"""The hub's own: a thousand clients that come at once must not keep those who are let in from their news."""


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs it beside the event loop; its database connection goes back at its end."""
    return await _run_in(_threads, partial(function, *args, **kwargs))


async def _run_in(pool: ThreadPoolExecutor, call: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(pool, _disconnected, call)


def _disconnected(call: Callable[[], R]) -> R:
    try:
        return call()
    finally:
        connections.close_all()


class Client:
    """One open page. ``queue`` gets batches; None: fetch everything again."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.queue: asyncio.Queue[list[News] | None] = asyncio.Queue(MOST_WAITING)
        self.is_cut_off = False

    def put(self, batch: list[News] | None) -> None:
        """Of whoever does not read, no more is remembered."""
        try:
            self.queue.put_nowait(batch)
        except asyncio.QueueFull:
            self.is_cut_off = True

    def end(self) -> None:
        """Its stream ends; the browser comes back, and catches up, when there is a server again."""
        self.is_cut_off = True
        self.put([])


class Hub:
    """Of one event loop."""

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
        """``who``: an account or address, which may have so many. Raises ``TooManyStreams``."""
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
        """From any thread."""
        self.loop.call_soon_threadsafe(self.woken.set)

    def end(self) -> None:
        """All streams; from any thread."""
        for client in list(self.clients):
            self.loop.call_soon_threadsafe(client.end)

    async def caught_up(self, client: Client) -> Position:
        """Has read everything committed before the call; where it stands then.

        What comes after that is what the client finds in its queue.
        """
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
            self.woken.clear()
            try:
                await self._round()
            except DatabaseError as error:  # it comes back, and so do we
                logger.warning("Changes cannot be read just now: %s", error)
                await asyncio.sleep(1)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), LOOK_EVERY)

    async def _round(self) -> None:
        self.begun += 1
        position = self.position.copy() if self.position else None
        found = await _run_in(_reader, partial(news.read, position)) if position else []
        if position is None or found is None:
            position = await _run_in(_reader, news.present)
        position.forget_gaps(now())
        self.position = position
        for client in self.clients if found != [] else ():
            client.put(found)
        async with self.round:
            self.done = self.begun
            self.round.notify_all()
