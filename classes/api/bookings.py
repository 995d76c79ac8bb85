"""Bookings of seats by whoever is signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import account_of
from classes import services
from classes.api import booking_shapes as shapes
from classes.api import refusals
from classes.api.filters import PAGED, PAGES
from classes.api.finding import find_booking, find_session
from classes.api.inputs import SeatChangeInput, SeatInput
from classes.api.lists import answer_rows, array_or_page
from classes.choosing import SeatChoice
from classes.configuration import find_rules
from classes.exceptions import BookingNotFound, FullyBooked
from classes.models import SeatBooking, Session
from classes.permissions import can_manage, is_own, manages_classes
from classes.policies.windows import is_waitlist_open
from classes.querysets import SeatBookingQuerySet
from classes.selectors import bookings_of, find_offer
from common.api_sets import NEVER_STORED, ViewSet
from common.clock import epoch_minute, now
from common.errors import Forbidden
from common.idempotency import idempotent
from common.money import in_coins
from common.parsing import refuse
from common.schema import IDEMPOTENCY, location
from common.schema_errors import refuses
from reservations.api.inputs import actor_for, read_customer
from reservations.api.replies import reply_of
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken
from reservations.services import cancellation_preview
from scheduling.zones import to_minute


class SeatViewSet(ViewSet[SeatBooking]):
    serializer_class = shapes.MySeatSerializer
    lookup_value_converter = "int"
    missing = BookingNotFound
    signed_in = ("create", "my", "retrieve", "partial_update", "destroy", "cancellation_quote", "again")
    caching = NEVER_STORED

    def get_queryset(self) -> SeatBookingQuerySet:
        return bookings_of(account_of(self.request).pk)

    @extend_schema(
        summary="Book a session",
        extensions=refuses(refusals.BOOKING),
        description=(
            "400 `fully_booked` has `waitlist`: whether one can wait for a seat; `already_booked`, "
            "`session_not_available`. What a session asks and costs is told by `/api/sessions/<id>`. Who is "
            "offered seats from the waitlist takes them, at a `tier_id` where there are several prices."
        ),
        parameters=[IDEMPOTENCY, location(201)],
        request=SeatInput,
        responses={201: shapes.SeatMadeSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data, user = SeatInput.parsed(request.data), account_of(request)
        session = find_session(user, data["session_id"])
        customer = read_customer(user, data.get("customer_info"), session.venue)
        is_for_others = customer.user is None and can_manage(user, session)
        said: dict[str, Any] = {
            "actor": Actor(user, Source.STAFF) if is_for_others else actor_for(user),
            "choice": read_choice(data),
            "reply": reply_of(data | {"accept_terms": data["accept_terms"] or data.get("accepts_terms")}),
        }
        with telling_if_full(session):
            try:
                number = data.get("quantity", 1)
                seat = services.book_seat(session_id=session.pk, customer=customer, quantity=number, **said)
            except (CapacityReached, SlotTaken, BookingRefused):
                held = accept_held(session, customer, data, said)
                if held is None:
                    raise
                seat = held
        return self._answer_made(seat)

    def _answer_made(self, seat: SeatBooking) -> Response:
        reservation = seat.reservation
        body = {
            "message": _("Booking created successfully"),
            "booking_id": seat.pk,
            "reservation_id": reservation.pk,
            "status": reservation.status,
            "total": in_coins(reservation.total_amount, reservation.currency),
            "currency": reservation.currency,
        }
        address = self.request.build_absolute_uri(f"/api/bookings/{seat.pk}")
        answer = self.answer(shapes.SeatMadeSerializer(body).data, 201)
        answer["Location"] = address
        return answer

    @extend_schema(
        summary="One's own bookings of sessions",
        description=f"The latest first, those that were cancelled, too. {PAGED}",
        parameters=PAGES,
        responses={200: array_or_page(shapes.MySeatSerializer)},
    )
    @action(detail=False)
    def my(self, request: Request) -> Response:
        return answer_rows(self, self.get_queryset(), render_own)

    @extend_schema(
        summary="One booking of a session",
        description="For whose it is, for who leads the session, for managers and staff.",
        responses={200: shapes.SeatDetailSerializer},
    )
    def retrieve(self, request: Request, id: int) -> Response:
        return self.answer(shapes.SeatDetailSerializer(find_booking(request.user, id)).data)

    @extend_schema(
        summary="More or fewer people",
        extensions=refuses(refusals.CHANGING_SEAT),
        description="The group stays together. Who leads the session may look, and not change it.",
        request=SeatChangeInput,
        responses={200: shapes.SeatDetailSerializer},
    )
    def partial_update(self, request: Request, id: int) -> Response:
        seat = find_changeable(request, id)
        quantity = SeatChangeInput.parsed(request.data)["quantity"]
        with telling_if_full(seat.session):
            services.resize_booking(booking_id=id, quantity=quantity, actor=actor_for(request.user))
        return self.answer(shapes.SeatDetailSerializer(find_booking(request.user, id)).data)

    @extend_schema(
        summary="Cancel a booking of a session",
        extensions=refuses(refusals.CANCELLING),
        description="By the terms it was booked with. Quiet the second time.",
        responses={200: shapes.SeatCancelledSerializer},
    )
    def destroy(self, request: Request, id: int) -> Response:
        seat = find_changeable(request, id)
        _done, terms = services.cancel_booking(booking_id=seat.pk, actor=actor_for(request.user))
        return self._answer_terms(_("Booking cancelled successfully"), find_booking(request.user, id), terms)

    @extend_schema(
        summary="What cancelling a booking would cost now",
        responses={200: shapes.SeatCancelledSerializer},
    )
    @action(detail=True, url_path="cancellation-quote")
    def cancellation_quote(self, request: Request, id: int) -> Response:
        seat = find_booking(request.user, id)
        terms = cancellation_preview(seat.reservation, now=now())
        return self._answer_terms(_("This is a preview. Nothing was changed."), seat, terms)

    def _answer_terms(self, message: str, seat: SeatBooking, terms: Any) -> Response:
        use = getattr(seat, "pass_use", None)
        body = {
            "message": message,
            "booking_id": seat.pk,
            "fee": terms.fee,
            "refund": terms.refund,
            "currency": terms.currency,
            "credits_returned": use is not None and use.returned_at is not None,
        }
        return self.answer(shapes.SeatCancelledSerializer(body).data)

    @extend_schema(
        summary="Book again what was cancelled",
        extensions=refuses(refusals.BOOKING),
        description="A new booking like the old one, while seats are left.",
        request=None,
        responses={201: shapes.SeatMadeSerializer},
    )
    @action(detail=True, methods=["post"])
    def again(self, request: Request, id: int) -> Response:
        seat = find_changeable(request, id)
        with telling_if_full(seat.session):
            booked = services.book_again(booking_id=id, actor=actor_for(request.user))
        return self._answer_made(booked)


def find_changeable(request: Request, id: int) -> SeatBooking:
    """Its owner's, or the venue's. Raises ``BookingNotFound``, and ``Forbidden`` for who leads it."""
    seat = find_booking(request.user, id)
    if not (is_own(request.user, seat) or manages_classes(request.user, seat.venue_id)):
        raise Forbidden
    return seat


def accept_held(
    session: Session, customer: Customer, data: dict[str, Any], said: dict[str, Any]
) -> SeatBooking | None:
    """What is held for them from the line."""
    offer = find_offer(session, customer.user.pk) if customer.user else None
    if offer is None:
        return None
    number = offer.entry.party_size
    if data.get("quantity", number) != number:
        refuse("quantity", _("Enter %(number)d: so many seats are held for you.") % {"number": number})
    return services.accept_seat(offer_id=offer.pk, **said)


def read_choice(data: dict[str, Any]) -> SeatChoice:
    return SeatChoice(
        tier_id=data.get("tier_id"),
        pass_id=data.get("pass_id"),
        pays_plan=data.get("pays_plan", False),
        notes=data.get("notes", ""),
    )


@contextmanager
def telling_if_full(session: Session) -> Iterator[None]:
    """Document 004 knows a single answer to a lack of seats: 400. Raises ``FullyBooked``."""
    try:
        yield
    except (CapacityReached, SlotTaken) as error:
        if error.code == "tier_sold_out":
            raise
        raise _say_full(session) from error


def _say_full(session: Session) -> FullyBooked:
    rules = find_rules(session.venue_id, session.class_type_id)
    is_open = is_waitlist_open(rules, to_minute(session.starts_at), epoch_minute(now()))
    return FullyBooked(extra={"waitlist": is_open})


def render_own(seats: Any) -> Any:
    for seat in seats:
        seat.session.venue = seat.reservation.venue
    return shapes.MySeatSerializer(seats, many=True).data
