"""The API's description over HTTP: built once, sent once to those who have it."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import yaml
from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from common import schema_view
from common.schema_view import DescribeApi

pytestmark = [pytest.mark.django_db, pytest.mark.once]
JSON = "application/vnd.oai.openapi+json"
builds: list[str] = []


class CountedGenerator(SchemaGenerator):
    """A small description, since a whole one takes a second."""

    def get_schema(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        builds.append("built")
        return {"openapi": "3.1.0", "info": {"title": "Küche"}, "paths": {}}


@pytest.fixture(autouse=True)
def _nothing_built(monkeypatch: pytest.MonkeyPatch) -> None:
    builds.clear()
    monkeypatch.setattr(schema_view, "_descriptions", {})
    monkeypatch.setattr(DescribeApi, "generator_class", CountedGenerator)


def fetch(**headers: str) -> HttpResponse:
    response: HttpResponse = Client().get("/api/schema", headers=headers)  # type: ignore[assignment]
    return response


def test_it_is_built_once_for_each_form_it_is_asked_for_in() -> None:
    as_yaml, again, as_json = fetch(), fetch(), fetch(accept=JSON)
    # Of parameters there is no end: each would be another second, and another document kept.
    assert fetch(accept=f"{JSON}; x=1").content == fetch(accept=f"{JSON};indent=2").content == as_json.content
    assert builds == ["built"] * 2
    assert as_yaml.content == again.content
    assert yaml.safe_load(as_yaml.content) == json.loads(as_json.content)
    assert as_json.headers["Content-Type"] == JSON
    assert as_yaml.headers["ETag"] != as_json.headers["ETag"]


def test_who_has_it_is_not_sent_it_again() -> None:
    etag = fetch().headers["ETag"]
    same = fetch(if_none_match=etag)
    assert (same.status_code, same.content) == (304, b"")
    assert fetch(if_none_match='"another"').status_code == 200


def test_it_is_sent_compressed_to_who_reads_that() -> None:
    plain, zipped = fetch(), fetch(accept_encoding="gzip, br")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in zipped.headers["Vary"]
    assert gzip.decompress(zipped.content) == plain.content
    assert fetch(accept_encoding="gzip", if_none_match=zipped.headers["ETag"]).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_it_is_built_once_for_many_who_come_at_the_same_time() -> None:
    together = Barrier(4)

    def come(_number: int) -> int:
        together.wait()
        return fetch().status_code

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(come, range(4))) == [200] * 4
    assert builds == ["built"]
