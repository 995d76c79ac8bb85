"""How each kind of database is connected to; docs/locking.md says why."""

from typing import Any


def complete_database(database: dict[str, Any], *, pool_size: int) -> dict[str, Any]:
    """What ``DATABASE_URL`` names, with an engine and options of ours; ``pool_size`` 0 is no pool."""
    if database["ENGINE"].endswith("sqlite3"):
        return _complete_sqlite(database)
    return _complete_postgres(database, pool_size)


def _complete_sqlite(database: dict[str, Any]) -> dict[str, Any]:
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
    }
    test = {"NAME": f"{database['NAME']}.test"}  # threads share nothing in memory
    return database | {"ENGINE": "common.sqlite", "OPTIONS": options, "TEST": test}


def _complete_postgres(database: dict[str, Any], pool_size: int) -> dict[str, Any]:
    # A host that is gone says nothing: within two seconds it counts as away, before and after connecting.
    options: dict[str, Any] = {
        "connect_timeout": 2,  # the least that libpq knows
        "tcp_user_timeout": 1500,  # milliseconds, for what was sent; for what is awaited, seconds:
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 1,
    } | database.get("OPTIONS", {})
    if pool_size:
        options["pool"] = {
            "min_size": 1,
            "max_size": pool_size,
            # A database that is away is noticed, and one that is back is tried, within so many seconds.
            "timeout": 1.2,
            "reconnect_timeout": 1,
        }
    return database | {"ENGINE": "common.postgres", "OPTIONS": options}
