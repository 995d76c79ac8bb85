"""Requests to addresses that people typed in, against a real local server."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from common import outgoing
from common.outgoing import AddressRefused, DeliveryFailed, check_address, is_public, send_request

pytestmark = pytest.mark.once


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/elsewhere":
                self.answer(302, b"", Location="/here")
            case "/inside":
                self.answer(302, b"", Location="http://10.0.0.1/")
            case "/loop":
                self.answer(302, b"", Location="/loop")
            case "/long":
                self.answer(200, b"x" * 200_000)
            case "/slow":
                self.drip()
            case _:
                self.answer(200, f"{self.command} {self.path} {self.headers['Host']}".encode())

    def do_POST(self) -> None:
        self.answer(201, self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _turn in range(40):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return  # the client has hung up, as it should

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://localhost:{httpd.server_port}"
        httpd.shutdown()


@pytest.fixture
def private_allowed(settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[64:ff9b:1::a00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[::7f00:1]/",
        "http://[fec0::1]/",
        "http://[fd00::1]/",
        "http://[100::1]/",
        "http://[2001:db8::1]/",
        "http://[2001:20::1]/",
        "http://[3fff::1]/",
        "http://[5f00::1]/",
        "http://192.88.99.1/",
        "http://192.0.0.8/",
        "http://100.64.0.1/",
        "http://198.18.0.1/",
        "http://8.8.8.8:22/",
        "https://8.8.8.8:8443/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://224.0.0.1/",
        "http://[fe80::1]/",
        "http://user:password@203.0.114.1/",
        "ftp://203.0.114.1/",
        "file:///etc/passwd",
        "http:///nothing",
        "http://host:99999/",
        "http://[broken/",
        "http://no-such-name.invalid/",
        "gopher",
        "",
    ],
)
def test_addresses_of_ones_own_network_and_nonsense_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "2a00:1450::1", "93.184.216.34"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_private_server_is_not_reached(server: str) -> None:
    with pytest.raises(AddressRefused):
        send_request("GET", server)


@pytest.mark.usefixtures("private_allowed")
def test_requests_carry_the_name_and_the_body(server: str) -> None:
    answer = send_request("GET", f"{server}/path?a=1")
    assert (answer.status, answer.is_ok) == (200, True)
    assert answer.body.decode() == f"GET /path?a=1 {server.removeprefix('http://')}"
    posted = send_request("POST", server, body=b'{"a": 1}', headers={"Content-Type": "application/json"})
    assert (posted.status, posted.body) == (201, b'{"a": 1}')


@pytest.mark.usefixtures("private_allowed")
def test_redirects_are_followed_only_where_asked_for_and_not_for_ever(server: str) -> None:
    assert send_request("GET", f"{server}/elsewhere").status == 302
    assert send_request("GET", f"{server}/elsewhere", redirects=1).body.startswith(b"GET /here")
    with pytest.raises(DeliveryFailed):
        send_request("GET", f"{server}/loop", redirects=3)


def test_other_ports_are_called_where_the_operator_says_so(settings: Settings) -> None:
    settings.OUTGOING_PORTS = [8443]
    assert check_address("https://8.8.8.8:8443/")[1] == "8.8.8.8"
    with pytest.raises(AddressRefused):
        check_address("https://8.8.8.8/")


def test_redirects_into_ones_own_network_are_refused(
    server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the test's own server counts as public here."""
    settings.OUTGOING_PORTS = [80, urlsplit(server).port]
    monkeypatch.setattr(outgoing, "is_public", lambda address: address in ("127.0.0.1", "::1"))
    assert send_request("GET", server).is_ok
    with pytest.raises(AddressRefused):
        send_request("GET", f"{server}/inside", redirects=3)


@pytest.mark.usefixtures("private_allowed")
def test_answers_are_bounded_in_size_and_time(server: str) -> None:
    with pytest.raises(DeliveryFailed, match="longer"):
        send_request("GET", f"{server}/long", most_bytes=100_000)
    began = time.monotonic()
    with pytest.raises(DeliveryFailed):
        send_request("GET", f"{server}/slow", seconds=1)
    assert time.monotonic() - began < 15


@pytest.mark.usefixtures("private_allowed")
def test_a_server_that_is_away_is_a_failed_delivery() -> None:
    with pytest.raises(DeliveryFailed):
        send_request("GET", "http://127.0.0.1:9/")


def test_a_name_that_nobody_answers_for_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: over.wait(60) and [])
    began = time.monotonic()
    with pytest.raises(AddressRefused):
        send_request("GET", "http://slow.example/", seconds=0.2)
    assert time.monotonic() - began < 15
    over.set()
