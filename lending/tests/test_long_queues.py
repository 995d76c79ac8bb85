"""However many wait, pages and programs read what they show."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from lending import services
from lending.estimating import Ahead, Holder, Line, likely
from lending.models import Loan
from lending.selectors import find_positions
from lending.tests.helpers import NOBODY, ask, make_thing, minute
from resources.enums import Role
from resources.models import Resource
from tests.factories import make_member, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MANY = 2000


def let_wait(thing: Resource, count: int = MANY) -> list[Loan]:
    """In its queue, behind one who has come like everybody."""
    first = ask(thing)
    now = minute()
    people = User.objects.bulk_create(User(email=f"w{number}@example.com") for number in range(count))
    return Loan.objects.bulk_create(
        Loan(
            venue=thing.venue,
            queue=first.queue,
            resource=thing,
            borrower=person,
            seq=first.seq + number,
            requested_at=now + timedelta(seconds=number),
        )
        for number, person in enumerate(people, 1)
    )


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    """Counts the loans of which rows are made: columns of thousands are cheap, rows are not."""
    rows: list[Loan] = []
    usual: Any = vars(Model)["from_db"].__func__

    def from_db(cls: Any, *args: Any) -> Loan:
        loan: Loan = usual(cls, *args)
        rows.append(loan)
        return loan

    monkeypatch.setattr(Loan, "from_db", classmethod(from_db))

    @contextmanager
    def few(most: int) -> Iterator[None]:
        rows.clear()
        yield
        assert len(rows) <= most

    return few


def test_what_is_read_is_what_is_shown(made: Callable[[int], Any]) -> None:
    thing = make_thing(loan_period=60)
    ask(thing)
    waiting = let_wait(thing)
    me, desk, api = Client(), Client(), APIClient()
    user = make_user()
    me.force_login(user)
    desk.force_login(make_member(thing.venue, Role.STAFF))
    api.force_authenticate(user)
    slug, queue_id = thing.venue.slug, waiting[0].queue_id
    with made(60):
        page = me.get(f"/lend/{slug}/{thing.slug}/")
    assert len(page.context["waiting"]) == 50
    assert page.context["waiting_more"] == MANY - 49
    with made(10):
        assert me.get(f"/lend/board/{slug}/").status_code == 200
    with made(210):
        assert desk.get(reverse("lend-desk-queue", args=[slug, queue_id])).status_code == 200
    with made(60):
        rows = api.get(f"/api/lending/things/{thing.uuid}/queue", {"page": 3}).json()
    assert rows["count"] == MANY + 1
    assert rows["results"][0]["position"] == 2 * len(rows["results"]) + 1
    with made(40):
        asked = api.post("/api/lending/loans", {"resource_id": str(thing.uuid)}, format="json").json()
    assert (asked["position"], asked["expected"]["ahead"]) == (MANY + 2, MANY + 1)
    with made(10):
        assert me.get(f"/lend/mine/{asked['id']}/").status_code == 200
    with made(40):
        services.cancel_loan(loan_id=waiting[5].uuid, actor=NOBODY)
    assert find_positions(waiting[6:7], minute()) == {waiting[6].pk: 7}


def test_the_wait_of_thousands_is_told_by_their_number() -> None:
    past = [50, 55, 60, 65, 70]

    def wait(ahead: int) -> Any:
        return likely(Line(1, [Holder(0, None)], [Ahead(None, 1)] * ahead), past, 10, seed="x")

    near, far = wait(200), wait(2000)
    assert far.median == pytest.approx(near.median * 10, rel=0.02)
    assert far.median < far.most < far.median * 1.05
