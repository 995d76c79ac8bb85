"""Every answer, every error of the API and every line in the log names the request."""

import json
import logging
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from common.pages import server_error
from common.request_ids import RequestIds, current_request_id, named_request
from config.logs import LineFormatter

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FROM_PROXY = "0af7651916cd43dd8448eb211c80319c"


def test_answers_and_errors_carry_it(client: Client) -> None:
    refused = client.get("/api/reservations")
    assert refused.status_code == 401
    assert refused.json()["request_id"] == refused.headers["X-Request-Id"]
    pages = [
        client.get(path).headers["X-Request-Id"] for path in ("/", "/api/venues", "/nothing/", "/api/none")
    ]
    assert len({*pages, refused.headers["X-Request-Id"]}) == 5
    assert all(len(name) == 32 for name in pages)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/api/none", {}),
        ("/api/reservations/recover", {"CONTENT_LENGTH": str(10**9)}),
        ("/api/auth/app/v1/auth/login", {"data": "{"}),
    ],
)
def test_it_is_in_each_kind_of_error(client: Client, path: str, options: Any) -> None:
    answer = client.post(path, content_type="application/json", **options)
    assert answer.status_code in (400, 404, 413)
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_our_own_mistakes_are_told_in_the_same_form() -> None:
    answer: Any = RequestIds(server_error)(RequestFactory().get("/api/reservations"))
    body = json.loads(answer.content)
    assert (answer.status_code, body["code"]) == (500, "server_error")
    assert body["request_id"] == answer.headers["X-Request-Id"]
    page: Any = server_error(RequestFactory().get("/"))
    assert b"<h1>" in page.content


@pytest.mark.parametrize(
    ("proxies", "given", "is_kept"),
    [
        (0, FROM_PROXY, False),
        (1, FROM_PROXY, True),
        (1, "a b\nc" * 3, False),
        (1, "x" * 65, False),
        (1, "", False),
    ],
)
def test_only_a_proxy_may_give_it(proxies: int, given: str, is_kept: bool) -> None:
    request = RequestFactory().get("/", headers={"X-Request-Id": given})
    with override_settings(TRUSTED_PROXIES=proxies):
        answer = RequestIds(lambda _request: HttpResponse())(request)
    assert (answer.headers["X-Request-Id"] == given) is is_kept


def line(**extra: Any) -> str:
    record = logging.LogRecord("here", logging.WARNING, "", 0, "Somebody %s", ("knocks",), None)
    vars(record).update(extra)
    return LineFormatter().format(record)


def test_lines_of_the_log_end_with_it() -> None:
    request = HttpRequest()
    request.request_id = "c0ffee00"  # type: ignore[attr-defined]
    assert line() == "Somebody knocks"
    assert line(request=request) == "Somebody knocks [request c0ffee00]"
    with named_request(FROM_PROXY):
        assert line() == f"Somebody knocks [request {FROM_PROXY}]"
    assert current_request_id() == ""
