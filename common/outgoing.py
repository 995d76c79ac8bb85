"""Requests to addresses that people have typed in: webhooks, calendars."""

import ipaddress
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
import urllib3
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from common.deadlines import Deadline
from common.errors import DomainError

CHUNK = 65_536
TOO_LONG = "The answer took too long."
LOOKUP_SECONDS = 5
"""The system's own patience with name servers is longer, and nothing stops it."""
GLOBAL = ipaddress.ip_network("2000::/3")
"""What has been given out of IPv6 so far: private ranges, old ones and new ones lie outside of it."""
SPECIAL = tuple(
    ipaddress.ip_network(net)
    for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24")
)
"""What leads elsewhere (Teredo, 6to4), or is for protocols and examples."""


class AddressRefused(DomainError):
    """Not http(s), no such name, or an address inside the server's own network."""

    code = "address_refused"
    message = _("Enter a public address that begins with http:// or https://.")


class DeliveryFailed(Exception):
    """No answer, or more than was allowed."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


def check_address(
    url: str, *, trusted: bool = False, seconds: float = LOOKUP_SECONDS
) -> tuple[SplitResult, str]:
    """The parsed URL and the IP address to connect to; a ``trusted`` one may be private.

    Raises ``AddressRefused``.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise AddressRefused from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise AddressRefused
    if not (trusted or settings.ALLOW_PRIVATE_ADDRESSES or port in settings.OUTGOING_PORTS):
        raise AddressRefused(_("This port isn't allowed."))
    try:
        addresses = _look_up(parts.hostname, port, min(seconds, LOOKUP_SECONDS))
    except (OSError, UnicodeError) as error:
        raise AddressRefused(_("This address doesn't exist.")) from error
    # Look the name up once, check every address behind it and connect to the one that was checked: neither a
    # private name nor one that changes its mind reaches the server's own network.
    if not addresses or not (trusted or all(_is_allowed(resolved_address) for resolved_address in addresses)):
        raise AddressRefused
    return parts, addresses[0]


def _look_up(host: str, port: int, seconds: float) -> list[str]:
    """Raises ``OSError`` and ``UnicodeError``."""
    found: Future[list[str]] = Future()

    def look() -> None:
        try:
            resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result([str(resolved_address[4][0]) for resolved_address in resolved])
        except (OSError, UnicodeError) as error:
            found.set_exception(error)

    threading.Thread(target=look, daemon=True).start()
    return found.result(timeout=seconds)


def _is_allowed(address: str) -> bool:
    return settings.ALLOW_PRIVATE_ADDRESSES or is_public(address)


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    if ip.version == 6 and ip not in GLOBAL:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in SPECIAL)


def send_request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float = 10,
    most_bytes: int = 65_536,
    redirects: int = 0,
    trusted: bool = False,
) -> Answer:
    """Send one request and read at most ``most_bytes`` of the answer, within ``seconds`` altogether.

    ``trusted`` is for addresses from the server's own configuration: they may be private. Raises
    ``AddressRefused`` and ``DeliveryFailed``.
    """
    deadline = time.monotonic() + seconds
    for _attempt in range(redirects + 1):
        # Every redirect is checked like the first address.
        answer = _request_once(method, url, headers or {}, body, deadline, most_bytes, trusted)
        target = answer.headers.get("location")
        if answer.status not in (301, 302, 303, 307, 308) or not target or not redirects:
            return answer
        url = urljoin(url, target)
    raise DeliveryFailed("Too many redirects.")


def _request_once(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    deadline: float,
    most_bytes: int,
    trusted: bool,
) -> Answer:
    parts, address = check_address(url, trusted=trusted, seconds=max(deadline - time.monotonic(), 0.1))
    seconds_left = max(deadline - time.monotonic(), 0.1)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with Deadline(seconds_left) as end, _open_pool(parts, address, seconds_left) as pool:
            pool.ConnectionCls = _watch_connections(end, pool.ConnectionCls)
            response = pool.urlopen(
                method,
                target,
                body=body,
                headers={"Host": parts.netloc, "User-Agent": "Holdfast", **headers},
                redirect=False,
                assert_same_host=False,
                preload_content=False,
            )
            read = _read_body(response, end, most_bytes)
            lower = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, lower, read)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        if end.is_over:
            raise DeliveryFailed(TOO_LONG) from error
        raise DeliveryFailed(f"{type(error).__name__}: {error}"[:500]) from error


def _open_pool(parts: SplitResult, address: str, seconds: float) -> urllib3.HTTPConnectionPool:
    common: dict[str, Any] = {
        "port": parts.port,
        "timeout": urllib3.Timeout(connect=min(seconds, 5), read=seconds),
        "retries": False,
        "maxsize": 1,
    }
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(address, **common)
    return urllib3.HTTPSConnectionPool(
        address,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
        ca_certs=certifi.where(),
        **common,
    )


def _watch_connections(end: Deadline, usual: Any) -> Any:
    class WatchedPoolConnection(usual):  # type: ignore[misc]  # HTTP or HTTPS
        def _new_conn(self) -> socket.socket:
            sock: socket.socket = super()._new_conn()
            end.watch(sock)
            return sock

    return WatchedPoolConnection


def _read_body(response: urllib3.BaseHTTPResponse, end: Deadline, most_bytes: int) -> bytes:
    """Bounded in size, also after unpacking, and in time. Raises ``DeliveryFailed``."""
    body = bytearray()
    while chunk := response.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > most_bytes:
            raise DeliveryFailed(f"The answer is longer than {most_bytes} bytes.")
    if end.is_over:  # what was cut may look like a whole answer
        raise DeliveryFailed(TOO_LONG)
    return bytes(body)
