"""Addresses at the root that a product registers: before the admin, and in every respect the API's."""

import json
import sys
from collections.abc import Iterator
from importlib import reload
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.urls import clear_url_caches, path
from drf_spectacular.generators import SchemaGenerator

from accounts.api.root import RootSession, RootView
from common.bodies import LARGEST, most_bytes
from common.health import Health
from common.root_urls import root_addresses, root_patterns, root_urls
from common.unavailable import answer_unavailable
from tests import declared_codes
from tests.permissions.addresses import addresses
from tests.permissions.rows import STRANGERS, Request, Row, but, client_of, everyone
from tests.permissions.test_api_keys import bearer
from tests.permissions.test_table import answers, statuses, undone
from tests.permissions.world import World
from tests.test_api_docs import addresses as documented_addresses

pytestmark = [pytest.mark.once, pytest.mark.django_db]
HERE = "http://testserver"
ADD = "/admin/example/add"
TABLE = [
    Row("GET", "/example/is_alive", everyone(200)),
    Row(
        "POST",
        ADD,
        but(everyone(403), 401, "anonymous", "token") | {"superuser": 201},
        body=lambda world: {"name": "Ada"},
    ),
]


def load_addresses() -> None:
    root_addresses.cache_clear()
    reload(sys.modules["config.urls"])
    clear_url_caches()


@pytest.fixture
def example() -> Iterator[None]:
    root_urls.register("example", "tests.root_example")
    load_addresses()
    yield
    root_urls.unregister("example")
    load_addresses()


def test_without_the_product_there_are_none_of_its_own(world: World) -> None:
    assert ADD not in root_addresses()
    assert client_of(world, "superuser").post(ADD).status_code in (302, 404)  # as the admin likes


def test_they_come_before_the_admin_with_and_without_slash(example: None, world: World) -> None:
    boss = client_of(world, "superuser")
    for address in (ADD, f"{ADD}/"):
        answer = boss.post(address, '{"name": "Ada"}', content_type="application/json")
        assert (answer.status_code, answer.json()) == (201, {"message": "Ada added"})
    assert b"Your venues" in boss.get("/admin/").content
    assert boss.get("/admin/user/").status_code == 404
    assert Client().get("/example/is_alive/").json() == {"message": "alive"}


def test_the_permission_table_walks_them(example: None) -> None:
    own = ("/example/", "/admin/example/")
    found = {route: each.methods for route, each in addresses().items() if route.startswith(own)}
    once = {"/example/is_alive": ["GET"], ADD: ["POST"]}
    assert found == once | {f"{route}/": methods for route, methods in once.items()}
    assert {(row.route, row.method) for row in TABLE} == {(route, each[0]) for route, each in once.items()}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_rows_of_the_table_are_about_them(row: Row, example: None, world: World) -> None:
    assert statuses(answers(row, world)) == row.expected
    assert STRANGERS[0] in row.expected


def test_keys_need_the_scope_that_the_view_says(example: None, world: World) -> None:
    request = Request.of(TABLE[1], world)
    with undone():
        refused = request.sent(Client(), bearer(world, "superuser", {"read", "book"}))
        done = request.sent(Client(), bearer(world, "superuser", {"manage"}))
    assert (refused.json()["code"], done.status_code) == ("scope_missing", 201)


def test_errors_are_the_apis(example: None, world: World) -> None:
    boss = client_of(world, "superuser")
    told: dict[str, Any] = {
        "method_not_allowed": boss.get(ADD),
        "malformed": boss.post(ADD, "{", content_type="application/json"),
        "unsupported_media_type": boss.post(ADD, {"name": "Ada"}),
        "unknown_field": boss.post(ADD, '{"is_staff": 1}', content_type="application/json"),
        "not_authenticated": Client().post(ADD, "{}", content_type="application/json"),
        "too_large": boss.post(ADD, "x" * (LARGEST + 1), content_type="application/json"),
        "unavailable": answer_unavailable(RequestFactory().get(ADD)),
    }
    assert {code: json.loads(answer.content)["code"] for code, answer in told.items()} == {
        code: code for code in told
    }
    assert most_bytes(ADD) == LARGEST < most_bytes("/admin/example/add/other")


def test_each_request_counts_once(example: None) -> None:
    with override_settings(API_RATES={"read_guest": "3/m"}):
        client = Client(REMOTE_ADDR="192.0.2.77")
        seen = [client.get("/example/is_alive") for _time in range(4)]
    assert [each.status_code for each in seen] == [200, 200, 200, 429]
    assert (seen[0]["RateLimit-Remaining"], seen[3].json()["code"]) == ("2", "throttled")


def describe() -> dict[str, Any]:
    whole: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return whole


def test_the_description_and_the_declared_codes_have_them(
    example: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = describe()
    assert {"/example/is_alive", ADD} <= {path for path in whole["paths"] if not path.startswith("/api/")}
    operation = whole["paths"][ADD]["post"]
    assert (operation["operationId"], operation["tags"]) == ("post_admin_example_add", ["accounts"])
    assert {name for way in operation["security"] for name in way} == {"bearer", "apiKey", "rootSession"}
    assert dict(documented_addresses(root_patterns(), "/"))[ADD] == {"POST"}

    declared_codes.declared_codes.cache_clear()
    monkeypatch.setattr(declared_codes, "read_schema", lambda: whole)
    assert (403, "csrf_failed") in declared_codes.declared_codes(ADD, "post")
    with pytest.raises(AssertionError, match="GET /example/is_alive answers 409 conflict"):
        Client().get("/example/is_alive", headers={"X-Break": "1"})
    declared_codes.declared_codes.cache_clear()


@pytest.mark.parametrize("route", ["", "/", "admin/<path:rest>", "api/loans"])
def test_what_could_hide_other_addresses_is_refused(route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("greedy_root_urls")
    module.urlpatterns = [path(route, RootView.as_view())]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    root_urls.register("greedy", module.__name__)
    root_addresses.cache_clear()
    try:
        with pytest.raises(ImproperlyConfigured):
            root_addresses()
    finally:
        root_urls.unregister("greedy")
        root_addresses.cache_clear()


JSON = "application/json"
ACCEPTED = [
    {},
    {"Origin": HERE},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": HERE, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
]
REFUSED = [
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://testserver"},
    {"Origin": "http://testserver:81"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://eviltestserver"},
    {"Origin": "http://shop.testserver"},
    {"Origin": "http://testserver, https://evil.example"},
    {"Origin": "http://testserver/"},
    {"Origin": "HTTP://TESTSERVER"},
    {"Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "Same-Origin"},
    {"Sec-Fetch-Site": "none, cross-site"},
    {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
OTHER_TYPES = [
    "text/plain",
    "text/plain; charset=application/json",
    "text/plain;application/json",
    "text/plain, application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/jsonp",
    "application/csp-report",
    "",
]


def browser_of(world: World, role: str) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.cookies.load(world.session(role))
    return client


def post_by_cookie(client: Client, kind: str = JSON, **headers: str) -> tuple[int, str]:
    answer = client.generic("POST", ADD, '{"name": "Ada"}', content_type=kind, headers=headers)
    return answer.status_code, answer.json().get("code", "")


def test_our_own_page_needs_no_token(example: None, world: World) -> None:
    boss = browser_of(world, "superuser")
    for headers in ACCEPTED:
        assert post_by_cookie(boss, **headers) == (201, ""), headers
    assert post_by_cookie(boss, "application/json; charset=utf-8", Origin=HERE) == (201, "")
    assert post_by_cookie(boss, "Application/JSON", Origin=HERE) == (201, "")


def test_nobody_elses_page_writes_by_the_cookie(example: None, world: World) -> None:
    boss = browser_of(world, "superuser")
    for headers in REFUSED:
        assert post_by_cookie(boss, **headers) == (403, "csrf_failed"), headers
        for kind in ("", "text/plain"):
            nothing = boss.generic("POST", ADD, CONTENT_TYPE=kind, headers=headers)
            assert (nothing.status_code, nothing.json()["code"]) == (403, "csrf_failed"), headers
    for kind in OTHER_TYPES:
        for headers in ({}, {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}):
            assert post_by_cookie(boss, kind, **headers) == (415, "unsupported_media_type"), kind


def test_a_request_without_content_needs_no_type(example: None, world: World) -> None:
    """As ``curl -X POST`` sends it; the standard library's server calls nothing plain text."""
    boss = browser_of(world, "superuser")
    for kind in ("", "text/plain"):
        answer = boss.generic("POST", ADD, CONTENT_TYPE=kind)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["name"])
    form = boss.generic("POST", ADD, CONTENT_TYPE="application/x-www-form-urlencoded")
    assert form.status_code == 415


def test_origins_that_may_call_the_api_are_not_asked_at_the_root(example: None, world: World) -> None:
    shop = "https://shop.example"
    with override_settings(CORS_ALLOWED_ORIGINS=[shop], CSRF_TRUSTED_ORIGINS=[shop]):
        assert post_by_cookie(browser_of(world, "superuser"), Origin=shop) == (403, "csrf_failed")
        asked = {"Origin": shop, "Access-Control-Request-Method": "POST"}
        preflight = Client().options(ADD, headers={**asked, "Access-Control-Request-Headers": "content-type"})
    assert not {name for name in preflight.headers if name.startswith("Access-Control")}


def test_over_https_the_plain_origin_is_another(example: None, world: World) -> None:
    boss = browser_of(world, "superuser")
    for origin, status in (("https://testserver", 201), (HERE, 403)):
        answer = boss.post(ADD, '{"name": "Ada"}', content_type=JSON, secure=True, headers={"Origin": origin})
        assert answer.status_code == status, origin


def test_a_token_still_counts_where_it_is_sent(example: None, world: World) -> None:
    boss = browser_of(world, "superuser")
    token = boss.get("/api/auth/csrf").json()["csrf_token"]
    assert post_by_cookie(boss, **{"Sec-Fetch-Site": "same-site", "X-CSRFToken": token}) == (201, "")
    assert post_by_cookie(boss, Origin="https://evil.example", **{"X-CSRFToken": token})[0] == 403


def test_below_api_the_token_is_needed_as_ever(world: World) -> None:
    boss = browser_of(world, "superuser")
    answer = boss.post("/api/auth/logout", "{}", content_type=JSON, headers={"Origin": HERE})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    below = (each for route, each in addresses().items() if not route.startswith("/"))
    ways = {way for each in below for way in each.view.authentication_classes}
    assert not any(issubclass(way, RootSession) for way in ways)


def test_every_view_at_the_root_is_made_for_it(example: None) -> None:
    views = {each.view for route, each in addresses().items() if route.startswith("/")} - {Health}
    assert views
    assert all(issubclass(view, RootView) for view in views)
