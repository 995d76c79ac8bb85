"""Money on the staff's pages of a studio: instalments, and pay for what was taught without a rate."""

from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from classes.models import Payout, PayRate
from classes.policies.plans import Term
from classes.services import settle_payouts
from classes.services.sweeping import complete_sessions
from classes.tests.helpers import STAFF, make_house, take
from classes.tests.test_studio import Studio, studio
from common.clock import now
from tests.factories import at

pytestmark = [pytest.mark.django_db, pytest.mark.once]
__all__ = ["studio"]


def test_what_was_taught_before_there_was_a_rate_is_paid_from_a_day_on(studio: Studio) -> None:
    house = studio.house
    sessions = [house.add_session(at(day)) for day in (1, 2, 3)]
    with time_machine.travel(at(4)):
        complete_sessions(now=now())
        page = studio.get("payouts")
        assert ("3 sessions since" in page, "Add a pay rate" in page) == (True, True)
        rate = PayRate.objects.create(venue=house.venue, name="Usual", base=20)
        foreign = PayRate.objects.create(venue=make_house().venue, name="Else", base=99)
        since = sessions[1].local_start.date().isoformat()
        asked = {"action": "rate", "teacher": house.mia.pk, "rate": rate.pk, "since": since}
        for wrong in ({"rate": foreign.pk}, {"rate": ""}, {"teacher": "x"}, {"since": "soon"}):
            studio.post("payouts", status=400, **asked | wrong)
        assert not Payout.objects.exists()
        page = studio.post("payouts", **asked)
        assert ("In all: €40.00" in strip_tags(page), "1 session since" in page) == (True, True)
        taught = Payout.objects.order_by("pk").values_list("session", flat=True)
        assert list(taught) == [session.pk for session in sessions[1:]]
        # What is settled stays, and the same day again adds nothing.
        settle_payouts(payout_ids=[Payout.objects.earliest("pk").pk], actor=STAFF)
        PayRate.objects.filter(pk=rate.pk).update(base=30)
        studio.post("payouts", **asked)
        assert [int(payout.amount) for payout in Payout.objects.order_by("pk")] == [20, 30]


def test_instalments_stand_beside_who_booked_and_are_taken_at_the_studio(studio: Studio) -> None:
    house = studio.house
    plan = (Term(Decimal(40), days_before=30), Term(Decimal(60), days_before=5))
    retreat = house.add_session(at(40), plan=plan, price=Decimal(150))
    seat, foreign = (
        take(retreat, pays_plan=True),
        take(house.add_session(at(40, 15), plan=plan), pays_plan=True),
    )
    first = seat.instalments.all()[0]
    teacher = Client()
    teacher.force_login(house.mia.user)
    for text in (
        studio.get("session", retreat.pk),
        read_page(teacher, reverse("teach-session", args=[retreat.pk])),
    ):
        assert "Paid €0.00 of €150.00" in text
        assert "next €60.00 on" in text
        assert "Overdue" not in text
    assert "Instalments overdue" not in studio.get("")
    with time_machine.travel(at(12)):
        roster = read_page(teacher, reverse("teach-session", args=[retreat.pk]))
        assert ("Overdue" in roster, "Record €60.00" in roster) == (True, False)
        week = studio.get("")
        assert f"{retreat.title}</a>, {seat.reservation.customer_name}: €60.00 since" in week
        assert "Overdue" in studio.get("session", retreat.pk)
        for wrong in (foreign.instalments.all()[0].pk, "x", 2**70):
            studio.post("session", retreat.pk, action=f"instalment:{wrong}", status=404)
        assert "Payment recorded: €60.00" in studio.post(
            "session", retreat.pk, action=f"instalment:{first.pk}"
        )
        studio.post("session", retreat.pk, action=f"instalment:{first.pk}", status=400)
        text = studio.get("session", retreat.pk)
        assert ("Paid €60.00 of €150.00" in text, "Overdue" in text) == (True, False)
        assert "next €90.00 on" in text
    assert [part.status for part in seat.instalments.all()] == ["paid", "open"]
    assert foreign.instalments.filter(status="paid").count() == 0


def read_page(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())
