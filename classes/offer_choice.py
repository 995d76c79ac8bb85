"""How somebody pays for the seat that is held for them: one of several prices, or a pass of theirs."""

from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import Any, ClassVar, cast

from django.contrib.auth.models import AnonymousUser
from django.forms import Form

from classes.choosing import SeatChoice, choosing
from classes.forms import SeatForm
from classes.models import SeatBooking
from classes.own_rows import choose_for, find_pass_for, find_usable_passes
from classes.refusals import refuse_seat
from classes.selectors import sessions_in_detail
from classes.views.booking import read_choice
from classes.views.session import TierOffer, offer_tiers
from common import clock
from reservations.models import Reservation
from waitlist.models import WaitlistEntry, WaitlistOffer


class OfferForm(SeatForm):
    """Prices and passes for a session, for a number of people that is settled."""

    page_template = "classes/_offer_choice.html"

    class Media:
        css: ClassVar = {"all": ["css/classes.css"]}

    def __init__(self, *args: Any, tiers: list[TierOffer], seat: SeatBooking, **kwargs: Any) -> None:
        self.tiers, self.seat = tiers, seat
        super().__init__(*args, most=seat.seats, tiers=[offer.tier for offer in tiers], **kwargs)
        del self.fields["quantity"], self.fields["key"]

    @property
    def today(self) -> date:
        return clock.now().astimezone(self.seat.session.venue.zone).date()


class TierChoice:
    def make_form(self, offer: WaitlistOffer, data: Any) -> OfferForm | None:
        rows = SeatBooking.objects.filter(reservation=offer.reservation_id).select_related("customer")
        seat = rows.first()
        if seat is None:
            return None
        session = seat.session = sessions_in_detail().get(pk=seat.session_id)
        usable = find_usable_passes(seat.customer or AnonymousUser(), session)
        passes = [(owned, left) for owned, left in usable if left >= seat.seats]
        tiers = []
        if session.has_tiers:
            tiers = offer_tiers(session, clock.now(), seat.seats, seat.reservation_id)
        if not tiers and not passes:
            return None
        free = [each.tier.pk for each in tiers if each.left >= seat.seats]
        initial = {"tier": free[0] if free else None, "pays": "full"}
        return OfferForm(data, tiers=tiers, passes=passes, seat=seat, initial=initial)

    def choosing(self, form: Form) -> AbstractContextManager[None]:
        asked = cast(OfferForm, form)
        return choosing(read_choice(asked.tiers, asked.cleaned_data))

    def choosing_at_once(self, entry: WaitlistEntry, hold: Reservation) -> AbstractContextManager[None]:
        """As the page says before they join: a pass of theirs that covers it pays, or the price of then."""
        rows = SeatBooking.objects.select_related("customer", "session__venue")
        seat = rows.filter(reservation=hold).order_by().first()
        owned = find_pass_for(seat.customer, seat.session, seat.seats) if seat else None
        if owned:
            return choosing(SeatChoice(pass_id=owned.pk))
        if seat and seat.session.dearer_since and seat.session.dearer_since >= entry.created_at:
            raise refuse_seat("costs_more")
        return nullcontext()

    def choosing_for_them(self, offer: WaitlistOffer) -> AbstractContextManager[None]:
        """A pass of theirs that covers it, and the cheapest of several prices."""
        rows = SeatBooking.objects.select_related("customer", "session__venue")
        seat = rows.filter(reservation=offer.reservation_id).order_by().first()
        return choosing(choose_for(seat.session, seat.customer, seat.seats, seat)) if seat else nullcontext()
