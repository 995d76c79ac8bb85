"""By which names this machine can be called, for a server that listens at all of its addresses.

``python -m config.own_names`` prints them. Were any name right, others could choose the server's name.
"""

import socket
from collections.abc import Iterator

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SOMEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses for examples: nothing is sent there, but the system says from where it would be."""


def list_own_names() -> list[str]:
    name = socket.gethostname().lower()
    found = [*LOOPBACK, name, f"{name.partition('.')[0]}.local", socket.getfqdn().lower(), *_addresses(name)]
    return [*dict.fromkeys(each for each in found if each)]


def _addresses(name: str) -> Iterator[str]:
    for somewhere, family in SOMEWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as unconnected:
                unconnected.connect((somewhere, 9))
                yield _as_host(unconnected.getsockname()[0])
        except OSError:
            continue  # no such network here
    try:
        yield from (_as_host(str(each[4][0])) for each in socket.getaddrinfo(name, None))
    except OSError:
        return


def _as_host(address: str) -> str:
    plain = address.partition("%")[0]
    return f"[{plain}]" if ":" in plain else plain


if __name__ == "__main__":
    print(",".join(list_own_names()))
