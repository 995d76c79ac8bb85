"""No list of the admin reads a whole table to show a page of it, to find somebody in it or to count it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import admin_lists
from accounts.admin_lists import CountingPaginator, LongList
from common import counting
from reservations.models import Reservation, VenueCustomer
from tests.factories import at, book, make_resource, make_user

pytestmark = pytest.mark.django_db
LONG = (
    *("reservations.Reservation", "reservations.VenueCustomer", "notifications.Message"),
    *("waitlist.WaitlistEntry", "waitlist.WaitlistOffer", "webhooks.WebhookDelivery"),
    *("accounts.User", "accounts.SecurityEvent"),
)
"""What grows with every booking; configuration does not."""
ORDERINGS = ("date", "-date", "created_at", "-created_at", "code", "status", "-status")
TEXTS = ("ada", "Ada Lovelace", "ÄRGER", "+49 30 1234", "030 1234", "ABCD23")


def long_lists() -> dict[str, LongList[Any]]:
    return {
        model._meta.label: model_admin
        for model, model_admin in admin.site._registry.items()
        if isinstance(model_admin, LongList) and (model_admin.searched or model._meta.label in LONG)
    }


@pytest.fixture
def request_of_root(rf: RequestFactory) -> Any:
    make_resource()
    request = rf.get("/")
    request.user = make_user(is_superuser=True)
    return request


@pytest.mark.parametrize("label", long_lists())
def test_the_first_page_is_read_from_an_index(request_of_root: Any, label: str) -> None:
    changelist: ChangeList = long_lists()[label].get_changelist_instance(request_of_root)
    assert not find_scans(changelist.queryset[:100], by_order=True)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("label", [label for label, found in long_lists().items() if found.searched])
def test_people_are_found_by_an_index(request_of_root: Any, label: str, text: str) -> None:
    model_admin = long_lists()[label]
    rows = model_admin.get_queryset(request_of_root)
    for condition in model_admin.conditions_for(request_of_root, text):
        assert not find_scans(model_admin._find_keys(rows, condition))


@pytest.mark.once
def test_the_longest_word_is_looked_for_first(request_of_root: Any) -> None:
    model_admin = long_lists()["reservations.Reservation"]
    [_whole, each_word] = model_admin.conditions_for(request_of_root, "Al Lovelace")
    _sql, params = Reservation.objects.filter(each_word).query.sql_with_params()
    texts = [str(value).lower() for value in params]
    assert texts.index("lovelace") < texts.index("al")


def test_years_are_the_ends_of_an_index(request_of_root: Any) -> None:
    book(make_resource())
    with CaptureQueriesContext(connection) as captured:
        assert len(list(admin_lists._list_years(Reservation, "starts_at"))) == 1
    for query in captured:
        # The first row of an index is all that PostgreSQL reads of it; its plan calls that a scan.
        assert not find_scans_of(query["sql"], by_order=connection.vendor == "postgresql"), query["sql"]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_reservations_of_the_api_come_from_an_index(ordering: str) -> None:
    client = Client()
    client.force_login(make_user(is_superuser=True))
    book(make_resource())
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/api/reservations?ordering={ordering}").status_code == 200
    [listed] = [query["sql"] for query in captured if "LIMIT 51" in query["sql"]]
    assert not find_scans_of(listed, by_order=True)


def find_scans(rows: QuerySet[Any], *, by_order: bool = False) -> list[str]:
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    return find_scans_of(sql, params, by_order=by_order)


def find_scans_of(sql: str, params: Any = None, *, by_order: bool = False) -> list[str]:
    """Steps of the plan that read the whole table, or sort it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            return [step for *_ids, step in cursor.fetchall() if _is_scan(step, by_order)]
        for kind in ("seqscan", "sort"):  # tables are small here: only what cannot be done otherwise
            cursor.execute(f"SET LOCAL enable_{kind} = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        [[plan]] = cursor.fetchall()
    [tree] = json.loads(plan) if isinstance(plan, str) else plan
    return [name for node in _walk(tree["Plan"]) if (name := _name_of_scan(node, by_order))]


def _is_scan(step: str, by_order: bool) -> bool:
    if step.startswith("SCAN"):
        return not by_order or "USING" not in step
    return step == "USE TEMP B-TREE FOR ORDER BY"


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _walk(below)


def _name_of_scan(node: dict[str, Any], by_order: bool) -> str:
    kind = node["Node Type"]
    table = node.get("Relation Name", node.get("Index Name", ""))
    is_scan = kind == "Seq Scan" or kind == "Sort"
    if not by_order and kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
        is_scan = "Index Cond" not in node
    return f"{kind} {table}" if is_scan and not table.startswith(("accounts_user", "resources_")) else ""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (counting, admin_lists):
        monkeypatch.setattr(module, "COUNTED", 3)
    monkeypatch.setattr(admin_lists, "FEW", 2)


def test_a_list_of_millions_has_pages_as_far_as_it_is_counted(client: Client, few: None) -> None:
    room = make_resource(units=9)
    rows = [book(room, at(hour=hour)) for hour in range(8, 13)]
    client.force_login(make_user(is_superuser=True))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE reservations_reservation")  # what the estimate is made of
    page = client.get(reverse("admin:reservations_reservation_changelist"))
    assert page.context["cl"].result_count > 3
    assert CountingPaginator(Reservation.objects.order_by("pk"), 1).num_pages == 3
    assert "beyond the last page" in page.content.decode()
    number = "About 5" if connection.vendor == "postgresql" else "More than 3"
    assert number in page.content.decode()
    found = client.get(reverse("admin:reservations_reservation_changelist"), {"q": rows[0].customer_name})
    assert len(found.context["cl"].queryset) == 5, "more than are named by their keys"


@pytest.mark.once
def test_dates_lead_to_days_without_looking_for_them(client: Client) -> None:
    room = make_resource()
    book(room, at(7)), book(room, at(8))
    Reservation.objects.filter(pk=book(room, at(9)).pk).update(starts_at="2001-01-31T12:00Z")
    client.force_login(make_user(is_superuser=True))
    address = reverse("admin:reservations_reservation_changelist")
    shown = {}
    for query in ({}, {"year": 2001}, {"year": 2001, "month": 2}, {"year": 2001, "month": 1, "day": 31}):
        answer = client.get(address, {f"starts_at__{name}": value for name, value in query.items()})
        shown[len(query)] = answer.content.decode()
        assert len(answer.context["cl"].result_list) == {0: 3, 1: 1, 2: 0, 3: 1}[len(query)]
    assert "starts_at__year=2001" in shown[0]
    assert f"starts_at__year={at(9).year}" in shown[0]
    assert "starts_at__month=12&amp;starts_at__year=2001" in shown[1]
    assert "starts_at__day=28&amp;starts_at__month=2" in shown[2]
    assert "starts_at__day=29" not in shown[2]
    assert "January 31" in shown[3]
    assert client.get(address, {"starts_at__year": "x"}).status_code in (302, 400)


NAMES = (
    "İpek Işık",
    "Straße Weiß",
    "Ärger Öl",
    "O'Neil 100%",
    "a_b c",
    "back\\slash x",
    "Σίσυφος ς",
    "李 小龙",
)


@pytest.mark.parametrize("name", NAMES)
def test_people_are_found_by_their_own_names(client: Client, name: str) -> None:
    booked = book(make_resource())
    Reservation.objects.filter(pk=booked.pk).update(customer_name=name)
    client.force_login(make_user(is_superuser=True))
    for text in (name, *name.split()):
        page = client.get(reverse("admin:reservations_reservation_changelist"), {"q": text})
        assert list(page.context["cl"].result_list) == [booked], text


NO_DATES = (
    *({"month": 13}, {"month": -1, "day": 3}, {"month": 2}, {"day": 31}, {"year": 2026, "day": 1}),
    *({"year": 1}, {"year": 9999}, {"year": 9999, "month": 12}, {"year": 9999, "month": 12, "day": 31}),
    *({"year": 2026, "month": 2, "day": 30}, {"year": ""}, {"year": "9" * 30}, {"year": 2026, "month": 0}),
)


@pytest.mark.once
def test_what_is_no_date_is_refused(client: Client) -> None:
    book(make_resource())
    client.force_login(make_user(is_superuser=True))
    for model, model_admin in admin.site._registry.items():
        if name := isinstance(model_admin, LongList) and model_admin.date_hierarchy:
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for parts in NO_DATES if model is Reservation else NO_DATES[:1] + NO_DATES[7:8]:
                query = {f"{name}__{part}": value for part, value in parts.items()}
                assert client.get(address, query).status_code in (302, 400), (address, query)


def test_there_are_long_lists() -> None:
    assert set(LONG) <= set(long_lists())
    assert VenueCustomer._meta.label in long_lists()


def test_a_scan_would_be_found(request_of_root: Any) -> None:
    rows = Reservation.objects.order_by()
    assert find_scans(rows.filter(customer_name__icontains="ada"))
    assert find_scans(rows.order_by("party_size")[:100], by_order=True)
