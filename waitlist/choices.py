"""What a product asks of whoever accepts an offer, such as one of several prices."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from django.forms import Form

from common.registry import Registry
from reservations.models import Reservation
from waitlist.models import WaitlistEntry, WaitlistOffer


class OfferChoice(Protocol):
    def make_form(self, offer: WaitlistOffer, data: Any) -> Form | None:
        """Its ``page_template`` shows it as ``choice``; None where there is nothing to choose."""

    def choosing(self, form: Form) -> AbstractContextManager[None]:
        """Around the acceptance: what the valid form says."""

    def choosing_at_once(self, entry: WaitlistEntry, hold: Reservation) -> AbstractContextManager[None]:
        """Around a booking that is made for them without asking: what they would choose.

        Raises ``BookingRefused`` where they have to be asked.
        """

    def choosing_for_them(self, offer: WaitlistOffer) -> AbstractContextManager[None]:
        """Around an acceptance by staff."""


offer_choices: Registry[OfferChoice] = Registry("choices of offers")
"""By the extension of what is waited for."""


def make_choice_form(offer: WaitlistOffer, data: Any = None) -> Form | None:
    choice = _find_choice(offer)
    return choice.make_form(offer, data) if choice else None


def choosing_of(offer: WaitlistOffer, form: Form | None) -> AbstractContextManager[None]:
    choice = _find_choice(offer)
    return choice.choosing(form) if choice and form else nullcontext()


def choosing_at_once(entry: WaitlistEntry, hold: Reservation) -> AbstractContextManager[None]:
    choice = offer_choices.get(entry.resource.extension) if entry.resource else None
    return choice.choosing_at_once(entry, hold) if choice else nullcontext()


def choosing_for_them(offer: WaitlistOffer) -> AbstractContextManager[None]:
    choice = _find_choice(offer)
    return choice.choosing_for_them(offer) if choice else nullcontext()


def _find_choice(offer: WaitlistOffer) -> OfferChoice | None:
    resource = offer.entry.resource
    return offer_choices.get(resource.extension) if resource else None
