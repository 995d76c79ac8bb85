"""Copies that are told apart, and parts of a kit."""

import pytest

from common.clock import now
from common.errors import InvalidInput
from lending import services
from lending.enums import CopyState
from lending.exceptions import (
    CopyTaken,
)
from lending.tests.helpers import (
    STAFF,
    ask,
    ends_at,
    fresh,
    give_back,
    in_minutes,
    lend_out,
    make_thing,
    rules_of,
    status,
)
from resources.models import Resource
from tests.factories import make_whole

pytestmark = pytest.mark.django_db


def test_copies_are_counted_named_and_taken_once() -> None:
    thing = make_thing(pickup_window=60)
    for number in range(3):
        services.add_copy(resource=thing, code=f"LT-{number}", name=f"Laptop {number}")
    thing.refresh_from_db()
    assert thing.units == 3
    with pytest.raises(InvalidInput):
        services.add_copy(resource=thing, code="LT-1")
    first, second = ask(thing), ask(thing)
    with pytest.raises(InvalidInput):
        services.hand_out(loan_id=first.uuid, actor=STAFF)
    with pytest.raises(InvalidInput):
        services.hand_out(loan_id=first.uuid, actor=STAFF, copy_code="nonsense")
    handed = services.hand_out(loan_id=first.uuid, actor=STAFF, copy_code="LT-1")
    with pytest.raises(CopyTaken):
        services.hand_out(loan_id=second.uuid, actor=STAFF, copy_code="LT-1")
    assert handed.copy is not None
    with pytest.raises(CopyTaken):
        services.change_copy(copy=handed.copy, state=CopyState.REPAIR)
    services.mark_lost(loan_id=first.uuid, actor=STAFF)
    thing.refresh_from_db()
    handed.copy.refresh_from_db()
    assert (thing.units, handed.copy.state) == (2, "lost")
    with pytest.raises(CopyTaken):
        services.remove_copy(copy=handed.copy)
    services.mark_found(loan_id=first.uuid, actor=STAFF)
    thing.refresh_from_db()
    assert thing.units == 3


def test_a_lost_copy_fails_nobodys_approval() -> None:
    """The thing has fewer units now: whoever waits is looked at with that in mind."""
    thing = make_thing(pickup_window=60)
    for code in "ab":
        services.add_copy(resource=Resource.objects.get(pk=thing.pk), code=code)
    one, two, waiting = (ask(thing) for _ in range(3))
    services.hand_out(loan_id=one.uuid, actor=STAFF, copy_code="a")
    services.hand_out(loan_id=two.uuid, actor=STAFF, copy_code="b")
    services.mark_lost(loan_id=one.uuid, actor=STAFF)
    assert (status(waiting), fresh(waiting).skip_reason) == (["requested"], "")
    services.mark_found(loan_id=one.uuid, actor=STAFF)
    assert status(waiting) == ["approved"]


def test_a_part_of_what_came_back_before_its_minute_is_there() -> None:
    parts = [make_thing()]
    parts.append(make_thing(parts[0].venue, rules_of(parts[0])))
    kit = make_whole(parts)
    lend_out(kit, rules_of(parts[0]))
    at = now()
    give_back(ask(parts[0], now=at), now=at)
    whole = ask(kit, now=at)  # from the next minute on
    give_back(whole, now=at)
    assert ends_at(whole) == in_minutes(2, at)
    assert ask(parts[1], now=at).status == "out"


def test_a_kit_and_its_parts_exclude_each_other() -> None:
    parts = [make_thing()]
    parts.append(make_thing(parts[0].venue, rules_of(parts[0])))
    kit = make_whole(parts)
    lend_out(kit, rules_of(parts[0]))
    whole = ask(kit)
    part = ask(parts[1])
    assert status(whole, part) == ["out", "requested"]
    give_back(whole)
    assert status(part) == ["out"]
    again = ask(kit)
    assert again.status == "requested"
    give_back(part)
    assert status(again) == ["out"]
