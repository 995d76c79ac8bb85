"""What a client sends is read whole or refused, and never more of it than is allowed: seen on the wire."""

import json
import socket
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from common.bodies import LARGEST, LARGEST_FORM, forms_with_files, read_bodies_out
from live.tests.helpers import Server, serving
from tests.processes import PATIENCE

pytestmark = [pytest.mark.once, pytest.mark.django_db]
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[Server]:
    with serving(DEBUG="1") as found:
        yield found


def ask(server: Server, path: str, headers: list[str], *pieces: bytes) -> str:
    """The answer to what was sent so far."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        head = [f"POST {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
        connection.sendall("\r\n".join(head).encode() + b"".join(pieces))
        answer = b""
        while b"too_large" not in answer and (more := connection.recv(65_536)):
            answer += more
    return answer.decode()


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(text), text)


def test_chunked_json_is_read_like_any_other(server: Server) -> None:
    body = json.dumps({"nonsense": 1}).encode()
    pieces = chunk(body[:5]), chunk(body[5:]), b"0\r\n\r\n"
    answer = ask(server, "/api/holds", [JSON, CHUNKED, "Connection: close"], *pieces)
    assert "unknown_field" in answer
    assert "nonsense" in answer


@pytest.mark.parametrize(
    "path", ["/api/holds", "/api/auth/app/v1/auth/login", "/hooks/sms/", "/accounts/login/"]
)
@pytest.mark.parametrize("way", [CHUNKED, "Content-Length: 157286400"])
def test_what_is_too_long_is_refused_before_it_is_there(server: Server, path: str, way: str) -> None:
    begun = chunk(b" " * (LARGEST + 1)) if way == CHUNKED else b" "
    answer = ask(server, path, [JSON, way], begun)
    assert answer.startswith("HTTP/1.1 413 ")
    assert "too_large" in answer


def test_nobody_says_by_a_header_where_they_come_from(server: Server) -> None:
    left = []
    for address in ("203.0.113.1", "203.0.113.2"):
        forwarded = [f"X-Forwarded-For: {address}", "X-Forwarded-Proto: https", "Connection: close"]
        answer = ask(server, "/api/holds", [JSON, "Content-Length: 2", *forwarded], b"{}")
        left.append(int(answer.lower().partition("ratelimit-remaining: ")[2].split()[0]))
    assert left[1] == left[0] - 1


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/api/nothing", "abc", 404),
        ("/api/nothing", str(LARGEST), 404),
        ("/api/nothing", str(LARGEST + 1), 413),
        ("/admin/nothing/", str(LARGEST + 1), 302),  # its forms hold pictures
        ("/admin/nothing/", str(LARGEST_FORM + 1), 413),
        ("/teach/profile/", str(LARGEST + 1), 302),
        ("/teach/profile/", str(LARGEST_FORM + 1), 413),
        ("/teach/", str(LARGEST + 1), 413),
        ("/nothing/", str(LARGEST_FORM + 1), 413),
    ],
)
def test_a_length_that_is_too_much_is_refused_wherever_it_is_sent(
    client: Client, path: str, length: str, status: int
) -> None:
    assert client.post(path, CONTENT_LENGTH=length).status_code == status


def test_every_form_with_a_file_takes_more_and_says_how_much(client: Client) -> None:
    templates = Path(settings.BASE_DIR, "templates")
    files = (file for file in templates.rglob("*.html") if "multipart/form-data" in file.read_text())
    assert {str(file.relative_to(templates)) for file in files} == set(forms_with_files)
    for path in (*forms_with_files.names(), "/admin/resources/resource/add/"):
        page = client.post(path, CONTENT_LENGTH=str(LARGEST_FORM + 1)).content.decode()
        assert "You sent 16.1 MB, and this form takes 16 MB." in page


def test_a_server_that_cannot_tell_the_length_asks_for_it(client: Client) -> None:
    answer = client.generic("PATCH", "/api/nothing", b"", HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="")
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


@pytest.mark.parametrize(
    ("length", "is_terminated", "left"),
    [(LARGEST_FORM, True, 0), (LARGEST_FORM + 1, True, 9), (LARGEST_FORM, False, 9)],
)
def test_a_wsgi_server_has_read_what_it_refuses(length: int, is_terminated: bool, left: int) -> None:
    """Else it resets the connection, and a proxy that still sends says 502."""
    body = BytesIO(b" " * 9)
    environ = {"CONTENT_LENGTH": str(length), "wsgi.input": body, "wsgi.input_terminated": is_terminated}
    answer = read_bodies_out(lambda environ, start_response: [b"refused"])(environ, print)
    assert answer == [b"refused"]
    assert len(body.read()) == left
