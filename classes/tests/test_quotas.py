"""Prices that sell fewer seats than there are: what is left, and what waits."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from classes import services
from classes.choosing import SeatChoice
from classes.drafts import TierDraft
from classes.enums import TierPays
from classes.models import SeatBooking, Tier
from classes.policies.plans import Term
from classes.tests.helpers import STAFF, House, make_house, take
from classes.tests.test_calling_off import reread
from classes.tests.test_seating import refused
from classes.tests.test_waiting import join
from classes.timetable import make_rows
from classes.views.session import offer_tiers
from common.clock import now
from common.errors import InvalidInput
from resources.enums import Role
from tests.factories import make_member, make_user
from waitlist.models import FreedTime, WaitlistOffer
from waitlist.services import offer_freed_capacity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def house() -> House:
    return make_house()


def quotas(*rows: tuple[str, int, int]) -> tuple[TierDraft, ...]:
    return tuple(TierDraft(name, Decimal(price), quota) for name, price, quota in rows)


def test_seats_left_are_those_that_the_prices_sell(house: House) -> None:
    retreat = house.add_session(capacity=6, tiers=quotas(("Tent", 40, 4), ("Cabin", 90, 2)))
    tent, cabin = retreat.tiers.all()
    before = [tent, cabin]
    # As some were put up before: prices for four of the six.
    Tier.objects.filter(pk=tent.pk).update(quota=2)
    client, address = Client(), f"/api/sessions/{retreat.pk}"
    client.force_login(make_user())

    def left() -> tuple[int, int, list[int]]:
        session = reread(retreat)
        [row] = make_rows([session], AnonymousUser(), now())
        shown = client.get(address).json()
        tiers = [tier["left"] for tier in shown["tiers"]]
        assert tiers == [offer.left for offer in offer_tiers(session, now(), row.left)]
        return row.left, shown["available_spots"], tiers

    assert left() == (4, 4, [2, 2])
    first = take(retreat, tier_id=tent.pk, quantity=2)
    take(retreat, tier_id=cabin.pk)
    assert left() == (1, 1, [0, 1])
    take(retreat, tier_id=cabin.pk)
    # Two seats are free which nobody can buy: nobody who waits has one held for them.
    assert left() == (0, 0, [0, 0])
    ann, ben = make_user(), make_user()
    entries = [join(retreat, ann), join(retreat, ben, 2)]
    assert offer_freed_capacity(venue_id=house.venue.pk) == []
    services.resize_booking(booking_id=first.pk, quantity=1, actor=STAFF)
    [offer] = offer_freed_capacity(venue_id=house.venue.pk)
    assert (offer.entry, left()[0]) == (entries[0], 0)
    # What is held without a price is of those that are left; nobody else buys it meanwhile.
    assert refused(lambda: take(retreat, tier_id=tent.pk)) == "tier_sold_out"
    # A group waits until one price has places for all of it, and hears of new ones.
    FreedTime.objects.all().delete()
    services.change_prices(
        session_id=retreat.pk,
        actor=STAFF,
        tiers=[services.PriceEdit(TierDraft(row.name, row.price, row.quota), row.pk) for row in before],
    )
    assert FreedTime.objects.filter(venue=house.venue).exists()
    [second] = offer_freed_capacity(venue_id=house.venue.pk)
    assert second.entry == entries[1]
    assert accept_offer_at(offer, tent).tier == tent
    assert accept_offer_at(second, tent).seats == 2
    full = services.SessionChanges(capacity=7)
    with pytest.raises(InvalidInput, match="sell 6 of 7 seats"):
        services.change_session(session_id=retreat.pk, changes=full, actor=STAFF)


def accept_offer_at(offer: WaitlistOffer, tier: Tier) -> SeatBooking:
    return services.accept_seat(offer_id=offer.pk, actor=STAFF, choice=SeatChoice(tier_id=tier.pk))


def test_staff_choose_the_price_for_somebody_in_line(house: House) -> None:
    tiers = (TierDraft("Cabin", Decimal(90), 2), TierDraft("Tent", Decimal(40), None))
    retreat = house.add_session(capacity=2, tiers=tiers)
    cabin, tent = retreat.tiers.all()
    first, second = take(retreat, tier_id=tent.pk), take(retreat, tier_id=cabin.pk)
    entries = [join(retreat, make_user()) for _ in range(3)]
    client = Client()
    client.force_login(make_member(house.venue, Role.MANAGER))
    page = f"/studio/{house.venue.slug}/sessions/{retreat.pk}/"
    services.cancel_booking(booking_id=first.pk, actor=STAFF)
    shown = client.get(page).content.decode()
    assert re.search(rf'name="tier-{entries[0].pk}".*?value="{tent.pk}" selected', shown, re.S)
    answer = client.post(page, {"action": f"seat:{entries[0].pk}", f"tier-{entries[0].pk}": cabin.pk})
    assert answer.status_code == 302
    services.cancel_booking(booking_id=second.pk, actor=STAFF)
    assert client.post(page, {"action": f"seat:{entries[1].pk}"}).status_code == 302
    seats = SeatBooking.objects.active().order_by("pk")
    assert [seat.tier for seat in seats] == [cabin, tent]
    # And so the admin accepts what is offered.
    services.cancel_booking(booking_id=seats[1].pk, actor=STAFF)
    [offer] = offer_freed_capacity(venue_id=house.venue.pk)
    sent = {"action": "accept_for_them", "_selected_action": [str(offer.entry_id)], "confirmed": "yes"}
    client.post("/admin/waitlist/waitlistentry/", sent)
    assert SeatBooking.objects.get(reservation=offer.reservation_id).tier == tent


def test_how_it_is_paid_is_asked_where_there_is_a_choice(house: House) -> None:
    plan = [Term(Decimal(100), days_before=1)]
    tiers = (TierDraft("Cabin", Decimal(90), None, pays=TierPays.BOTH), TierDraft("Tent", Decimal(40), 2))
    retreat = house.add_session(capacity=2, tiers=tiers, plan=plan)
    page = Client().get(f"/classes/{house.venue.slug}/{retreat.pk}/").content.decode()
    # Without a script: the style sheet hides it while a price is chosen that has none.
    assert page.count('class="class-tier is-open"') == page.count('class="class-pays"') == 1
    assert "In full\n" not in page.partition("class-pays")[0]
