"""What other processes announce wakes this one's hub."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import psycopg
import redis.asyncio
from django.conf import settings
from psycopg.conninfo import make_conninfo

from common.database import write_connection
from live.models import Change
from live.waking import CHANNEL

LONGEST_WAIT = 30.0
CHECK_EVERY = 15.0
"""Seconds after which a silent connection is asked whether it is alive."""
logger = logging.getLogger(__name__)
Wake = Callable[[], None]


async def listen(wake: Wake) -> None:
    """Listen until cancelled, and reconnect when the connection is lost."""
    if settings.REDIS_URL:
        hear_changes = _hear_redis
    elif write_connection(Change).vendor == "postgresql":
        hear_changes = _hear_postgresql
    else:
        return  # one process, or the slow look
    wait, is_said = 0.5, False
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await hear_changes(wake)
        except (redis.RedisError, psycopg.Error, OSError) as error:
            has_held = asyncio.get_running_loop().time() - started > LONGEST_WAIT
            if has_held or not is_said:  # once each time it is lost, however often it is tried again
                logger.warning("Changes of other processes arrive late, by looking for them: %s", error)
            is_said = True
            # A connection that held for a while is tried again at once, one that fails at once less and less
            # often.
            wait = 0.5 if has_held else min(wait * 2, LONGEST_WAIT)
        await asyncio.sleep(wait)


async def _hear_redis(wake: Wake) -> None:
    client = redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=5,
        health_check_interval=CHECK_EVERY,
        protocol=2,
    )
    async with client, client.pubsub() as subscription:
        # Look once after subscribing: what was announced before that is not heard.
        await subscription.subscribe(CHANNEL)
        wake()
        while True:
            if await subscription.get_message(ignore_subscribe_messages=True, timeout=CHECK_EVERY):
                wake()
            else:
                await subscription.ping()


async def _hear_postgresql(wake: Wake) -> None:
    async with await psycopg.AsyncConnection.connect(_address(), autocommit=True) as listening:
        await listening.execute(f"LISTEN {CHANNEL}")
        wake()
        while True:
            async for _notice in listening.notifies(timeout=CHECK_EVERY, stop_after=1):
                wake()
            await listening.execute("SELECT 1")


def _address() -> str:
    # Of the database that Django uses, without what only Django understands.
    parameters: dict[str, Any] = write_connection(Change).get_connection_params()
    plain_parameters = {name: value for name, value in parameters.items() if isinstance(value, str | int)}
    for name in ("client_encoding", "prepare_threshold"):
        plain_parameters.pop(name, None)
    return make_conninfo("", **plain_parameters)
