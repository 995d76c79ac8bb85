"""Who asks while nobody waits is stored once, with what became of it."""

from typing import Any

import pytest

from lending import granting, queueing, services
from lending.enums import Kind, Skip, Status
from lending.models import Loan
from lending.tests.helpers import NOBODY, ask, make_thing
from live.models import Change
from reservations.models import Reservation
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def history(loan: Loan) -> list[tuple[str, str, str]]:
    return [(event.kind, event.old_status, event.new_status) for event in loan.events.all()]


def test_given_at_once_with_all_of_its_history() -> None:
    loan = ask(make_thing(), purpose="A talk")
    assert (loan.status, loan.version) == (Status.OUT, 2)
    assert history(loan) == [
        (Kind.REQUESTED, "", Status.REQUESTED),
        (Kind.APPROVED, Status.REQUESTED, Status.APPROVED),
        (Kind.HANDED_OUT, Status.APPROVED, Status.OUT),
    ]
    assert loan.events.earliest("pk").changes == {"purpose": ["", "A talk"]}
    told = (
        Change.objects.filter(venue=loan.venue_id, kind__in=["reservation", "loan"])
        .order_by("pk")
        .values_list("kind", "status")
    )
    assert [*told] == [("reservation", "checked_in"), ("loan", Status.OUT)]


def test_who_cannot_be_given_it_waits_as_if_nothing_had_been_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        granting.grant(*args, **kwargs)
        raise RuntimeError("A receiver is broken.")

    thing = make_thing()
    monkeypatch.setattr(queueing, "grant", fail)
    loan = ask(thing)
    stored = Loan.objects.get(uuid=loan.uuid)
    for each in (loan, stored):
        assert (each.status, each.skip_reason, each.reservation_id) == (Status.REQUESTED, Skip.FAILED, None)
        assert (each.approved_at, each.handed_out_at) == (None, None)
    assert history(stored) == [(Kind.REQUESTED, "", Status.REQUESTED)]
    assert not Reservation.objects.filter(venue=thing.venue_id).exists()
    monkeypatch.undo()
    services.look_at_queue(loan.queue, now=loan.requested_at)
    stored.refresh_from_db()
    assert (stored.status, stored.skip_reason) == (Status.OUT, "")


def test_among_those_who_wait_the_new_one_has_its_place() -> None:
    thing = make_thing(units=2)
    out = ask(thing, units=2)
    many, first, urgent = ask(thing, units=2), ask(thing), ask(thing, make_user(), priority=1)
    services.return_loan(loan_id=out.uuid, actor=NOBODY)
    found = {loan.pk: loan.status for loan in Loan.objects.filter(pk__in=[many.pk, first.pk, urgent.pk])}
    assert found == {many.pk: Status.REQUESTED, first.pk: Status.OUT, urgent.pk: Status.OUT}
    late = ask(thing, priority=2)
    assert late.status == Status.REQUESTED
    services.return_loan(loan_id=urgent.uuid, actor=NOBODY)
    late.refresh_from_db()
    assert late.status == Status.OUT
