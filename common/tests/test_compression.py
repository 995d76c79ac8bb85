"""What goes out compressed, and what must not."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import brotli
import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from common.compression import SMALLEST, Compression

pytestmark = pytest.mark.once
TEXT = b'{"free": true}' * 500


def send(answer: HttpResponseBase, **headers: str) -> Any:
    request = RequestFactory(headers={"Accept-Encoding": "gzip, br"} | headers).get("/api/calendar")
    return Compression(lambda _: answer)(request)


def encoding(answer: HttpResponseBase, **headers: str) -> str:
    return str(send(answer, **headers).headers.get("Content-Encoding", ""))


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "application/json", "text/calendar; charset=utf-8"]
)
def test_brotli_where_it_is_understood_else_gzip_else_nothing(kind: str) -> None:
    by_brotli = send(HttpResponse(TEXT, kind))
    assert brotli.decompress(by_brotli.content) == TEXT
    assert by_brotli.headers["Content-Length"] == str(len(by_brotli.content))
    by_gzip = send(HttpResponse(TEXT, kind), **{"Accept-Encoding": "gzip, br;q=0"})
    assert gzip.decompress(by_gzip.content) == TEXT
    for understood in ("", "identity", "deflate", "gzip;q=0"):
        plain = send(HttpResponse(TEXT, kind), **{"Accept-Encoding": understood})
        assert (plain.content, plain.headers["Vary"]) == (TEXT, "Accept-Encoding")


def test_what_is_small_or_known_to_be_dense_stays_as_it_is() -> None:
    assert encoding(HttpResponse(TEXT[: SMALLEST - 1], "application/json")) == ""
    assert encoding(HttpResponse(TEXT[:SMALLEST], "application/json")) == "br"
    assert encoding(HttpResponse(TEXT, "image/webp")) == ""
    assert "Vary" not in send(HttpResponse(TEXT, "image/webp")).headers
    assert encoding(StreamingHttpResponse([TEXT], content_type="text/event-stream")) == ""
    assert encoding(HttpResponse(TEXT, "application/json", headers={"Content-Encoding": "gzip"})) == "gzip"


def test_a_strong_etag_promises_the_very_bytes() -> None:
    """One reservation, or a row of configuration: clients send it back as ``If-Match``."""
    fixed = send(HttpResponse(TEXT, "application/json", headers={"ETag": '"3"'}))
    assert (fixed.content, fixed.headers["ETag"]) == (TEXT, '"3"')
    weak = send(HttpResponse(TEXT, "application/json", headers={"ETag": 'W/"3"'}))
    assert (weak.headers["Content-Encoding"], weak.headers["ETag"]) == ("br", 'W/"3"')
    assert send(HttpResponse(status=304)).headers["Vary"] == "Accept-Encoding"


def test_each_answer_has_another_length() -> None:
    lengths = {len(send(HttpResponse(TEXT)).headers["X-Noise"]) for _number in range(30)}
    assert len(lengths) > 1


def test_no_other_site_learns_the_size_of_a_visitors_answers() -> None:
    for site in ("cross-site", "same-site"):
        asked = {"Cookie": "sessionid=1", "Sec-Fetch-Site": site}
        assert encoding(HttpResponse(TEXT), **asked) == ""
        assert encoding(HttpResponse(TEXT), **asked, **{"Sec-Fetch-User": "?1"}) == "br"  # a link
        assert encoding(HttpResponse(TEXT), **{"Sec-Fetch-Site": site}) == "br"  # nobody's
    for site in ("same-origin", "none"):
        assert encoding(HttpResponse(TEXT), **{"Cookie": "sessionid=1", "Sec-Fetch-Site": site}) == "br"
    assert encoding(HttpResponse(TEXT), Cookie="sessionid=1") == "br"  # a program


def test_feeds_are_compressed_while_they_are_read_by_either_stack() -> None:
    pieces = [TEXT, TEXT[:100], TEXT]

    async def read_later() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def join(answer: Any) -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    for understood, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        answer = send(
            StreamingHttpResponse(pieces, content_type="text/calendar"), **{"Accept-Encoding": understood}
        )
        assert unpack(b"".join(answer.streaming_content)) == b"".join(pieces)
        later = StreamingHttpResponse(read_later(), content_type="text/calendar")
        answer = send(later, **{"Accept-Encoding": understood})
        assert unpack(async_to_sync(join)(answer)) == b"".join(pieces)
        assert "Content-Length" not in answer.headers


@pytest.mark.django_db
def test_a_page_is_compressed_and_its_etag_is_still_known(client: Client) -> None:
    client.get("/")  # brings the cookie that its forms need
    understood = {"Accept-Encoding": "br"}
    page = client.get("/", headers=understood)
    assert page.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in page.headers["Vary"]
    assert brotli.decompress(page.content).strip().startswith(b"<!doctype html>")
    again = client.get("/", headers=understood | {"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", page.headers["ETag"])
    assert "Accept-Encoding" in again.headers["Vary"]
    head = client.head("/", headers=understood)
    for name in ("Content-Encoding", "Vary"):
        assert head.headers[name] == page.headers[name]
