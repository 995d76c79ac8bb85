"""Whatever frees something, whoever comes next has it in the same transaction."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.services.closing import close_account
from common.clock import now
from lending import services
from lending.enums import CopyState
from lending.models import Copy, Loan
from lending.tests.helpers import NOBODY, STAFF, ask, fresh, in_minutes, make_thing, rules_of, status
from reservations.domain.values import Actor, ItemRequest, ReservationChanges
from reservations.enums import Purpose, Source
from reservations.models import Reservation
from reservations.services import (
    block_time,
    cancel_reservation,
    change_reservation,
    expire_overdue_holds,
    hold_reservation,
    mark_no_show,
    release_hold,
)
from resources.models import Resource, ResourceGroup
from tests.factories import book, make_group, make_user, make_whole, open_always
from waitlist.tests.test_sequences import let_run_out

pytestmark = pytest.mark.django_db
Committing = Callable[..., AbstractContextManager[Any]]
BOOKER = Actor(source=Source.IMPORT)
KINDS = ("one", "units", "group", "kit", "manual", "paused_head")


class Scene:
    """``thing`` is what somebody has; who waits gets it, or something that needs it, once it is free."""

    def __init__(self, kind: str, **rules: Any) -> None:
        self.kind = kind
        self.units = 2 if kind == "units" else 1
        approval = "manual" if kind == "manual" else "instant"
        self.thing = make_thing(units=self.units, approval=approval, **rules)
        open_always(self.thing.venue)
        self.wanted: Resource | ResourceGroup = self.thing
        if kind == "group":
            other = self._sibling()
            self._block(other)
            self.wanted = make_group([other, self.thing])
        if kind == "kit":
            self.wanted = self._lend(make_whole([self.thing, self._sibling()]))
        self.head: Loan | None = None

    def _sibling(self) -> Resource:
        return make_thing(self.thing.venue, rules_of(self.thing))

    def _lend(self, whole: Resource) -> Resource:
        from lending.tests.helpers import lend_out

        lend_out(whole, rules_of(self.thing))
        return whole

    def _block(self, thing: Resource) -> Reservation:
        return block_time(
            venue_id=thing.venue_id,
            items=[ItemRequest(thing.pk, takes_all=True)],
            start=in_minutes(0),
            end=in_minutes(600),
            title="Maintenance",
            purpose=Purpose.BLOCK,
            actor=BOOKER,
        )

    def block(self) -> Reservation:
        return self._block(self.thing)

    def lend(self, who: User | None = None) -> Loan:
        loan = ask(self.thing, who, units=self.units)
        if self.kind == "manual":
            loan = services.approve_loan(loan_id=loan.uuid, actor=STAFF)
        return loan

    def book(self, **fields: Any) -> Reservation:
        times: dict[str, Any] = {"start": in_minutes(0), "end": in_minutes(240), "actor": BOOKER}
        return book(self.thing, items=[ItemRequest(self.thing.pk, takes_all=True)], **(times | fields))

    def wait(self) -> Loan:
        if self.kind == "paused_head":
            self.head = ask(self.wanted, units=self.units)
            services.suspend_loan(loan_id=self.head.uuid, actor=NOBODY)
        loan = ask(self.wanted, units=self.units)
        assert status(loan) == ["requested"]
        assert loan.next_at is None
        return loan

    def assert_served(self, loan: Loan) -> None:
        loan = fresh(loan)
        if self.kind == "manual":
            assert (loan.status, loan.next_at is not None) == ("requested", True)
        else:
            assert loan.status in ("approved", "out"), loan.skip_reason
        if self.head:
            assert (fresh(self.head).status, fresh(self.head).skip_reason) == ("requested", "suspended")


def returned_by_holder(scene: Scene) -> Iterator[None]:
    loan = scene.lend()
    yield
    services.return_loan(loan_id=loan.uuid, actor=Actor(loan.borrower))


def returned_by_staff(scene: Scene) -> Iterator[None]:
    loan = scene.lend()
    yield
    services.return_loan(loan_id=loan.uuid, actor=STAFF, by_staff=True)


def taken_back(scene: Scene) -> Iterator[None]:
    loan = scene.lend()
    yield
    services.force_return(loan_id=loan.uuid, actor=STAFF, reason="Needed")


def given_up(scene: Scene) -> Iterator[None]:
    loan = scene.lend()
    assert loan.status == "approved"
    yield
    services.cancel_loan(loan_id=loan.uuid, actor=NOBODY)


def not_fetched(scene: Scene) -> Iterator[None]:
    scene.lend()
    yield
    assert services.end_leases(now=now() + timedelta(minutes=31)) == 1


def lapsed(scene: Scene) -> Iterator[None]:
    scene.lend()
    yield
    assert services.end_leases(now=now() + timedelta(minutes=11)) == 1


def found_again(scene: Scene) -> Iterator[None]:
    loan = scene.lend()
    services.mark_lost(loan_id=loan.uuid, actor=STAFF)
    yield
    services.mark_found(loan_id=loan.uuid, actor=STAFF)


def repaired(scene: Scene) -> Iterator[None]:
    broken = [
        services.add_copy(resource=scene.thing, code=f"{scene.thing.pk}-{number}", state=CopyState.REPAIR)
        for number in range(scene.units)
    ]
    yield
    for copy in broken:
        services.change_copy(copy=copy, state=CopyState.IN_SERVICE)


def copy_found(scene: Scene) -> Iterator[None]:
    for number in range(scene.units):
        services.add_copy(resource=scene.thing, code=f"{scene.thing.pk}-{number}")
    loan = scene.lend()
    Loan.objects.filter(pk=loan.pk).update(copy=Copy.objects.filter(resource=scene.thing).first())
    services.mark_lost(loan_id=loan.uuid, actor=STAFF)
    if scene.units == 2:
        # Of the other nobody knows which it is, so both stay taken.
        assert Resource.objects.get(pk=scene.thing.pk).units == 2
    yield
    services.mark_found(loan_id=loan.uuid, actor=STAFF)


def more_units(scene: Scene) -> Iterator[None]:
    scene.lend()
    yield
    scene.thing.units = 2 * scene.units
    scene.thing.save()


def active_again(scene: Scene) -> Iterator[None]:
    scene.block_ = scene.block()  # type: ignore[attr-defined]
    yield
    scene.thing.is_active = False
    scene.thing.save()
    cancel_reservation(reservation_id=scene.block_.pk, actor=STAFF)  # type: ignore[attr-defined]
    scene.thing.is_active = True
    scene.thing.save()


def block_cancelled(scene: Scene) -> Iterator[None]:
    block = scene.block()
    yield
    cancel_reservation(reservation_id=block.pk, actor=STAFF)


def booking_cancelled(scene: Scene) -> Iterator[None]:
    booking = scene.book()
    yield
    cancel_reservation(reservation_id=booking.pk, actor=STAFF)


def booking_moved(scene: Scene) -> Iterator[None]:
    booking = scene.book()
    yield
    later = ReservationChanges(start=in_minutes(2880), end=in_minutes(3000))
    change_reservation(reservation_id=booking.pk, changes=later, actor=BOOKER)


def booking_shortened(scene: Scene) -> Iterator[None]:
    block = scene.block()
    yield
    at = now() + timedelta(minutes=60)
    change_reservation(
        reservation_id=block.pk, changes=ReservationChanges(end=in_minutes(30)), actor=BOOKER, now=at
    )


def hold_given_back(scene: Scene) -> Iterator[None]:
    hold = _hold(scene)
    yield
    release_hold(reservation_id=hold.pk, actor=STAFF)


def hold_run_out(scene: Scene) -> Iterator[None]:
    hold = _hold(scene)
    yield
    let_run_out(hold.pk)
    assert expire_overdue_holds(now=now()) == 1


def _hold(scene: Scene) -> Reservation:
    return hold_reservation(
        venue_id=scene.thing.venue_id,
        items=[ItemRequest(scene.thing.pk, takes_all=True)],
        start=in_minutes(0),
        end=in_minutes(240),
        actor=BOOKER,
    )


def no_show(scene: Scene) -> Iterator[None]:
    booking = scene.book()
    yield
    mark_no_show(reservation_id=booking.pk, actor=STAFF)


def swapped(scene: Scene) -> Iterator[None]:
    loan = scene.lend()
    other = make_thing(scene.thing.venue, rules_of(scene.thing), units=scene.units)
    yield
    services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=other.pk)


def person_suspended(scene: Scene) -> Iterator[None]:
    loan = scene.lend()
    assert loan.status == "approved"
    yield
    loan.borrower.is_active = False
    loan.borrower.save()


def person_gone(scene: Scene) -> Iterator[None]:
    loan = scene.lend()
    assert loan.status == "approved"
    yield
    close_account(user=loan.borrower)


WITH_WINDOW = {"pickup_window": 30}
PATHS: dict[Callable[[Scene], Iterator[None]], dict[str, Any]] = {
    returned_by_holder: {},
    returned_by_staff: {"return_by": "staff"},
    taken_back: {"lease": 10},
    given_up: WITH_WINDOW,
    not_fetched: WITH_WINDOW,
    lapsed: {"lease": 10},
    found_again: {},
    repaired: {},
    copy_found: {},
    more_units: {},
    active_again: {},
    block_cancelled: {},
    booking_cancelled: {},
    booking_moved: {},
    booking_shortened: {},
    hold_given_back: {},
    hold_run_out: {},
    no_show: {},
    swapped: {},
    person_suspended: WITH_WINDOW,
    person_gone: WITH_WINDOW,
}
AFTER_COMMIT = {more_units, active_again, person_suspended}
"""Of these the change itself holds the configuration's rows, or the person's: the look follows at once."""
WITHOUT = {(copy_found, "manual"), (copy_found, "group"), (copy_found, "kit"), (copy_found, "paused_head")}


WAYS = [(path, kind) for path in PATHS for kind in KINDS]
AGAIN = {(path, KINDS[number % len(KINDS)]) for number, path in enumerate(PATHS)}
"""On the other engine, too: each path once, and each kind."""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param(*way, id=f"{way[0].__name__}-{way[1]}", marks=[] if way in AGAIN else pytest.mark.once)
        for way in WAYS
    ],
)
def test_whoever_comes_next_is_served(
    path: Callable[[Scene], Iterator[None]],
    kind: str,
    django_capture_on_commit_callbacks: Committing,
) -> None:
    scene = Scene(kind, **PATHS[path])
    acting = path(scene)
    next(acting)
    waiting = scene.wait()
    later = ask(scene.wanted, make_user(), units=scene.units)
    with django_capture_on_commit_callbacks(execute=path in AFTER_COMMIT):
        next(acting, None)
    if path == booking_shortened:  # it ends then, not now
        services.serve_queues(now=now() + timedelta(minutes=61))
    scene.assert_served(waiting)
    assert fresh(later).status == "requested" or path == more_units


BLOCKED = ("cancelled", "declined", "expired", "paused", "gone", "suspended", "moved")


@pytest.mark.parametrize("end", BLOCKED)
def test_whoever_waits_for_more_lets_others_pass_when_they_go(
    end: str, django_capture_on_commit_callbacks: Committing
) -> None:
    """They want two, nobody may overtake them, and one is free."""
    thing = make_thing(units=2, overtakes=0, queue_lease=20)
    ask(thing)
    head, behind = ask(thing, units=2), ask(thing)
    assert status(head, behind) == ["requested", "requested"]
    acts: dict[str, Callable[[], object]] = {
        "cancelled": lambda: services.cancel_loan(loan_id=head.uuid, actor=NOBODY),
        "declined": lambda: services.decline_loan(loan_id=head.uuid, actor=STAFF, reason="No"),
        "expired": lambda: [
            services.keep_alive(loan_id=behind.uuid, actor=NOBODY, now=in_minutes(15)),
            services.end_leases(now=in_minutes(25)),
        ],
        "paused": lambda: services.suspend_loan(loan_id=head.uuid, actor=NOBODY),
        "gone": lambda: close_account(user=head.borrower),
        "suspended": lambda: _suspend(head.borrower),
        "moved": lambda: services.move_loan(
            loan_id=behind.uuid, actor=STAFF, before=head.uuid, reason="Urgent"
        ),
    }
    with django_capture_on_commit_callbacks(execute=end == "suspended"):
        acts[end]()
    assert status(behind) == ["out"]
    assert fresh(head).status in ("requested", "cancelled", "declined", "expired")


def _suspend(user: User) -> None:
    user.is_active = False
    user.save()


def test_who_was_suspended_keeps_the_place_and_is_told_why() -> None:
    thing = make_thing()
    out = ask(thing)
    head, behind = ask(thing), ask(thing)
    User.objects.filter(pk=head.borrower_id).update(is_active=False)
    services.return_loan(loan_id=out.uuid, actor=NOBODY)
    assert status(head, behind) == ["requested", "out"]
    assert fresh(head).skip_reason == "inactive"
    User.objects.filter(pk=head.borrower_id).update(is_active=True)
    services.return_loan(loan_id=behind.uuid, actor=NOBODY)
    assert status(head) == ["out"]


def test_bringing_back_what_was_overdue_lets_the_same_person_have_what_they_wait_for() -> None:
    first = make_thing(loan_period=60, max_out=1)
    second = make_thing(first.venue, rules_of(first))
    borrower = make_user()
    late = ask(first, borrower)
    other = ask(second)
    waiting = ask(second, borrower)
    at = now() + timedelta(hours=2)
    services.return_loan(loan_id=other.uuid, actor=NOBODY, now=at)
    assert fresh(waiting).skip_reason == "overdue"
    services.return_loan(loan_id=late.uuid, actor=NOBODY, now=at)
    assert status(waiting) == ["out"]
