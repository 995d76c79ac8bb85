"""Shapes render what REST framework would, and what they say beyond it."""

from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from common.models import Job
from common.serializing import RowShape, Shape

ID = UUID("0190a1b2-0000-7000-8000-000000000001")


class Declared:
    id = serializers.UUIDField(source="key")
    name = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    is_open = serializers.BooleanField()
    kind = serializers.ChoiceField(["room", "table"])
    on = serializers.DateField()
    at = serializers.DateTimeField(allow_null=True)
    begin = serializers.TimeField(format="%H:%M")
    share = serializers.DecimalField(max_digits=5, decimal_places=2)
    days = serializers.ListField(child=serializers.DateField())
    more = serializers.JSONField()
    city = serializers.CharField(source="venue.city")
    hall_id = serializers.UUIDField(source="hall.key", allow_null=True, default=None)


FIELDS = {name: field for name, field in vars(Declared).items() if isinstance(field, serializers.Field)}
Ours: Any = type("Ours", (Shape,), dict(FIELDS))
Theirs: Any = type("Theirs", (serializers.Serializer,), dict(FIELDS))


def row(**values: Any) -> SimpleNamespace:
    usual = {
        "key": ID,
        "name": gettext_lazy("Hall"),
        "size": 4,
        "is_open": True,
        "kind": "room",
        "on": date(2027, 3, 28),
        "at": datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
        "begin": time(14, 30),
        "share": 12,
        "days": [date(2027, 3, 1)],
        "more": {"deep": [1]},
        "venue": SimpleNamespace(city="Berlin"),
        "hall": SimpleNamespace(key=ID),
    }
    return SimpleNamespace(**(usual | values))


@pytest.mark.parametrize(
    "values",
    [{}, {"size": None, "at": None}, {"hall": None}, {"name": "", "days": []}, {"on": "2027-03-28"}],
)
def test_it_renders_as_the_framework_does(values: dict[str, Any]) -> None:
    one = row(**values)
    theirs = dict(Theirs(one).data)
    theirs["at"] = theirs["at"] and theirs["at"].replace("Z", "+00:00")  # as all our instants end
    assert Ours(one).data == theirs
    assert Ours([one, one], many=True).data == [theirs, theirs]
    assert list(Ours(one).data) == list(FIELDS)


class Part(Shape):
    text = serializers.CharField()
    shout = serializers.SerializerMethodField()

    def get_shout(self, part: Any) -> str:
        return f"{part['text']}{self.context['mark']}"


class Whole(Shape):
    first = Part(source="*")
    parts = Part(many=True)
    last = Part(allow_null=True)
    note = serializers.CharField(required=False)
    on = serializers.DateField()

    def read_parts(self, whole: Any) -> list[Any]:
        return [whole, *whole["parts"]]

    def read_on(self, whole: Any) -> date:
        return date(2027, 1, 1)


def test_parts_know_the_context_and_methods_give_what_fields_render() -> None:
    data = Whole({"text": "a", "parts": [{"text": "b"}], "last": None}, context={"mark": "!"}).data
    assert data == {
        "first": {"text": "a", "shout": "a!"},
        "parts": [{"text": "a", "shout": "a!"}, {"text": "b", "shout": "b!"}],
        "last": None,
        "on": "2027-01-01",
    }


def test_what_is_optional_is_left_out_where_it_is_missing() -> None:
    data = Whole({"text": "a", "parts": [], "last": None, "note": "hi"}, context={"mark": ""}).data
    assert data["note"] == "hi"


def test_two_requests_share_no_context() -> None:
    for mark in "?!":
        assert Part([{"text": "a"}], many=True, context={"mark": mark}).data[0]["shout"] == f"a{mark}"


class JobRow(RowShape[Job]):
    class Meta:
        model = Job
        fields = ("id", "path", "status")


def test_a_model_s_fields_need_only_be_named() -> None:
    job = Job(id=ID, path="/api/x", status="queued")
    assert JobRow(job).data == {"id": str(ID), "path": "/api/x", "status": "queued"}
