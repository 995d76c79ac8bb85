"""Who asks for any of a group is given what its own rules let them have, whatever stands beside it."""

from typing import Any

import pytest

from common.clock import now
from common.errors import Conflict
from lending import services
from lending.enums import Skip, Status
from lending.exceptions import LoanRefused, NotLendable
from lending.places import find_place, foresee
from lending.rows import list_now, make_rows
from lending.selectors import expect
from lending.tests.helpers import (
    STAFF,
    ask,
    change_rules,
    fresh,
    give_back,
    in_minutes,
    make_lending_rules,
    make_thing,
    rules_of,
    status,
)
from resources.models import Resource, ResourceGroup, ResourceGroupMember
from tests.factories import make_group, make_member, make_user, make_venue

pytestmark = pytest.mark.django_db
DATES: dict[str, Any] = {"wanted_from": in_minutes(4320), "wanted_until": in_minutes(4380)}


def make_mixed(**second: Any) -> tuple[Resource, Resource, ResourceGroup]:
    """Of two things the second has rules of its own."""
    first = make_thing()
    other = make_thing(first.venue, **second)
    return first, other, make_group([first, other])


def test_what_is_for_members_goes_to_members() -> None:
    first, members_only, group = make_mixed(audience="members")
    out = ask(first)
    stranger, member = ask(group), ask(group, make_member(first.venue))
    assert (stranger.status, stranger.skip_reason, stranger.skips) == (Status.REQUESTED, "", 0)
    assert member.resource_id == members_only.pk

    give_back(out)
    assert fresh(stranger).resource_id == first.pk


@pytest.mark.parametrize(
    "second",
    [{"audience": "members"}, {"longest": 30}, {"horizon_days": 1}],
    ids=lambda each: next(iter(each)),
)
def test_dates_are_of_what_may_be_had_then(second: dict[str, Any]) -> None:
    first, _other, group = make_mixed(**second)
    assert ask(group, **DATES).resource_id == first.pk
    with pytest.raises(Conflict):
        ask(group, **DATES)


def test_staff_decide_about_what_they_approve() -> None:
    first, second, group = make_mixed(approval="manual")
    ask(first, **DATES)
    dated = ask(group, **DATES)
    assert dated.status == Status.REQUESTED
    assert services.approve_loan(loan_id=dated.uuid, actor=STAFF).resource_id == second.pk


def test_a_place_is_kept_by_the_rules_by_which_the_queue_is_ordered() -> None:
    """Not by those of whatever stands first in the group."""
    venue = make_venue()
    oldest = make_lending_rules(venue, queue_lease=20)
    first, other = make_thing(venue), make_thing(venue, oldest)
    group, person = make_group([first, other]), make_user()
    ask(first), ask(other)
    waiting = ask(group, person)
    assert waiting.valid_until is not None
    later = in_minutes(10)
    services.keep_alive(loan_id=waiting.uuid, actor=STAFF, now=later)
    assert fresh(waiting).valid_until == in_minutes(30)
    [row] = make_rows(list_now(person.pk), person, later)
    assert row.lease_text == "20 minutes"
    change_rules(other, queue_lease=None)
    services.end_leases(now=in_minutes(31))
    assert status(waiting) == [Status.REQUESTED]


def test_nothing_is_lent_for_longer_than_its_rules_say() -> None:
    first, short, group = make_mixed(longest=60)
    out, waiting, brief = ask(first), ask(group, period=1000), ask(group, period=50)
    assert status(waiting) == [Status.REQUESTED]
    assert brief.resource_id == short.pk
    give_back(out)
    assert fresh(waiting).resource_id == first.pk

    change_rules(first, longest=90)  # rules that are shorter by now hold for who waits already
    later = ask(group, period=90)
    change_rules(first, longest=30)
    change_rules(short, longest=30)
    give_back(waiting)
    due = fresh(later).due_at
    assert due is not None
    assert due <= in_minutes(32)


def test_who_has_enough_of_one_kind_waits_for_the_other() -> None:
    first, limited, group = make_mixed(max_out=1)
    who = make_user()
    ask(first)
    had = ask(make_thing(first.venue, rules_of(limited)), who)
    waiting = ask(group, who)
    assert (waiting.status, waiting.skip_reason) == (Status.REQUESTED, "")
    give_back(had)
    assert fresh(waiting).resource_id == limited.pk


def test_one_that_accepts_is_enough_and_else_the_first_says_why() -> None:
    members_only = make_thing(audience="members")
    other = make_thing(members_only.venue, longest=60)
    group = make_group([members_only, other])
    loan = ask(group)
    assert loan.resource_id == other.pk
    # What is for members is free, but not for them.
    assert expect(ask(group), now()).sure == loan.due_at
    with pytest.raises(LoanRefused) as refused:
        ask(group, period=90)
    assert refused.value.code == "members_only"


def test_what_one_may_have_never_is_not_kept_for_them() -> None:
    """Overtaking counts only where it is something of theirs."""
    first, members_only, group = make_mixed(audience="members", overtakes=0)
    ask(first)
    stranger = ask(group)
    assert ask(members_only, make_member(first.venue)).status == Status.OUT
    assert (fresh(stranger).skips, fresh(stranger).skip_reason) == (0, "")


def test_who_may_have_none_of_it_any_more_is_told_why() -> None:
    first, _second, group = make_mixed(audience="members")
    out, waiting = ask(first), ask(group)
    change_rules(first, audience="members")
    give_back(out)
    assert fresh(waiting).skip_reason == Skip.MEMBERS_ONLY


def test_the_page_offers_what_this_person_may_have() -> None:
    first, _second, group = make_mixed(audience="members", approval="manual")
    ask(first)
    stranger, member = make_user(), make_member(first.venue)
    place = find_place(member, first.venue.slug, group.slug)
    assert [foresee(place, who, now()).choice for who in (stranger, member)] == ["join", "ask"]


def test_nobody_is_approved_for_a_group_without_things() -> None:
    first, _second, group = make_mixed()
    ask(group), ask(group)
    waiting = ask(group)
    ResourceGroupMember.objects.filter(group=group).delete()
    first.venue.save()
    with pytest.raises(NotLendable):
        services.approve_loan(loan_id=waiting.uuid, actor=STAFF)
    services.decline_loan(loan_id=waiting.uuid, actor=STAFF)
