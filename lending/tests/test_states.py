"""Every step from every state is allowed or refused, and nothing is written where it is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from common.clock import now
from common.errors import DomainError
from lending import services
from lending.enums import TRANSITIONS, Kind, Status
from lending.exceptions import LeaseOver
from lending.models import Loan, LoanEvent
from lending.recording import set_status
from lending.tests.helpers import NOBODY, STAFF, ask, fresh, make_thing, status
from reservations.enums import Purpose
from reservations.enums import Status as Occupancy
from reservations.exceptions import StaleVersion, TransitionNotAllowed
from reservations.models import Allocation

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ACTS: dict[str, tuple[Callable[..., Loan], dict[str, Any]]] = {
    "approve": (services.approve_loan, {}),
    "decline": (services.decline_loan, {}),
    "hand_out": (services.hand_out, {}),
    "return": (services.return_loan, {}),
    "force_return": (services.force_return, {"reason": "Needed"}),
    "renew": (services.renew_loan, {}),
    "recall": (services.recall_loan, {}),
    "cancel": (services.cancel_loan, {}),
    "suspend": (services.suspend_loan, {}),
    "resume": (services.resume_loan, {}),
    "lost": (services.mark_lost, {}),
    "found": (services.mark_found, {}),
}
ALLOWED = {
    Status.REQUESTED: {"approve": "approved", "decline": "declined", "cancel": "cancelled"}
    | dict.fromkeys(("suspend", "resume"), "requested"),
    Status.APPROVED: {"hand_out": "out", "cancel": "cancelled"},
    Status.OUT: {"return": "returned", "force_return": "returned", "lost": "lost"}
    | dict.fromkeys(("renew", "recall"), "out"),
    Status.LOST: {"found": "returned"},
    Status.RETURNED: {},
    Status.CANCELLED: {"cancel": "cancelled"},
    Status.DECLINED: {},
    Status.EXPIRED: {},
}
"""By state what may be done, and where that leads."""


def make_in(state: Status) -> Loan:
    """By the services alone. Staff approve, there is time to fetch it, and it is lent for a day."""
    thing = make_thing(approval="manual", pickup_window=60, loan_period=1440)
    loan = ask(thing)
    steps: dict[Status, list[Callable[[], object]]] = {
        Status.REQUESTED: [],
        Status.APPROVED: [lambda: services.approve_loan(loan_id=loan.uuid, actor=STAFF)],
        Status.DECLINED: [lambda: services.decline_loan(loan_id=loan.uuid, actor=STAFF)],
        Status.CANCELLED: [lambda: services.cancel_loan(loan_id=loan.uuid, actor=NOBODY)],
    }
    approve = steps[Status.APPROVED]
    steps[Status.OUT] = [*approve, lambda: services.hand_out(loan_id=loan.uuid, actor=STAFF)]
    steps[Status.EXPIRED] = [*approve, lambda: services.end_leases(now=now() + timedelta(minutes=61))]
    steps[Status.RETURNED] = [
        *steps[Status.OUT],
        lambda: services.return_loan(loan_id=loan.uuid, actor=STAFF),
    ]
    steps[Status.LOST] = [*steps[Status.OUT], lambda: services.mark_lost(loan_id=loan.uuid, actor=STAFF)]
    for step in steps[state]:
        step()
    assert status(loan) == [state]
    return fresh(loan)


@pytest.mark.parametrize("state", Status)
def test_what_may_be_done_in_each_state(state: Status) -> None:
    loan = make_in(state)
    later = now() + timedelta(minutes=2)  # so that renewing gains something
    for name, (act, arguments) in ACTS.items():
        before = Loan.objects.filter(pk=loan.pk).values().get(), LoanEvent.objects.count()
        with transaction.atomic():
            if name in ALLOWED[state]:
                changed = act(loan_id=loan.uuid, actor=STAFF, now=later, **arguments)
                assert changed.status == ALLOWED[state][name], name
                assert status(loan) == [changed.status]
            else:
                is_late = (state, name) == (Status.EXPIRED, "return")
                with pytest.raises(LeaseOver if is_late else TransitionNotAllowed):
                    act(loan_id=loan.uuid, actor=STAFF, now=later, **arguments)
                after = Loan.objects.filter(pk=loan.pk).values().get(), LoanEvent.objects.count()
                assert after == before, name
            transaction.set_rollback(True)


@pytest.mark.parametrize("state", Status)
def test_no_other_step_is_possible(state: Status) -> None:
    loan = make_in(state)
    for new in set(Status) - TRANSITIONS[state]:
        with pytest.raises(TransitionNotAllowed):
            set_status(loan, new, kind=Kind.EDITED, actor=STAFF, now=now())


@pytest.mark.parametrize(
    ("state", "occupancy"),
    [
        (Status.APPROVED, Occupancy.CONFIRMED),
        (Status.OUT, Occupancy.CHECKED_IN),
        (Status.RETURNED, Occupancy.COMPLETED),
        (Status.LOST, Occupancy.CHECKED_IN),
    ],
)
def test_a_loan_is_a_reservation(state: Status, occupancy: Occupancy) -> None:
    loan = make_in(state)
    assert loan.reservation is not None
    assert (loan.reservation.status, loan.reservation.purpose) == (occupancy, Purpose.LOAN)
    assert loan.reservation.customer_id == loan.borrower_id


@pytest.mark.parametrize("state", [Status.REQUESTED, Status.CANCELLED, Status.DECLINED, Status.EXPIRED])
def test_what_was_not_given_occupies_nothing(state: Status) -> None:
    loan = make_in(state)
    assert loan.reservation is None
    assert not Allocation.objects.filter(resource=loan.resource, b0__isnull=False).exists()


def test_each_step_is_in_the_history_which_nobody_changes() -> None:
    loan = make_in(Status.RETURNED)
    steps = list(loan.events.values_list("kind", "old_status", "new_status"))
    assert steps == [
        ("requested", "", "requested"),
        ("in_turn", "requested", "requested"),
        ("approved", "requested", "approved"),
        ("handed_out", "approved", "out"),
        ("returned", "out", "returned"),
    ]
    for change in (
        lambda: LoanEvent.objects.update(kind="lost"),
        lambda: LoanEvent.objects.filter(loan=loan).delete(),
        lambda: LoanEvent.objects.update(changes={"reason": "another"}),
    ):
        with pytest.raises(IntegrityError, match=r"append.only"), transaction.atomic():
            change()


def test_a_stale_version_changes_nothing() -> None:
    loan = make_in(Status.APPROVED)
    with pytest.raises(StaleVersion):
        services.hand_out(loan_id=loan.uuid, actor=STAFF, version=loan.version - 1)
    assert status(loan) == ["approved"]


def test_the_database_knows_what_a_loan_may_be() -> None:
    loan = make_in(Status.OUT)
    for values in ({"status": "requested"}, {"reservation": None}, {"units": 0}, {"status": "borrowed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Loan.objects.filter(pk=loan.pk).update(**values)


def test_an_unknown_loan_is_not_found() -> None:
    loan = make_in(Status.CANCELLED)
    for act, arguments in ACTS.values():
        with pytest.raises(DomainError) as refused:
            act(loan_id=loan.reservation_id or loan.venue.resources.get().uuid, actor=STAFF, **arguments)
        assert refused.value.status == 404
