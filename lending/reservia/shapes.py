"""Answers with the names that Reservia gives to things."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.models import User
from common.serializing import Shape, ZonedDateTimeField
from lending.api.shapes import ExpectationSerializer, see_name
from lending.enums import Status
from lending.models import Loan
from lending.reservia.people import name_of
from lending.selectors import find_positions
from lending.terms import catalogs_of

STATUSES = [("requested", "Waiting"), ("approved", "Theirs")]


class ReserviaRequestedSerializer(Shape):
    message = serializers.CharField()
    reservation_id = serializers.IntegerField()
    resource_id = serializers.IntegerField()
    status = serializers.ChoiceField(STATUSES)
    position = serializers.IntegerField(allow_null=True, help_text="From 1; null where you have it")
    ahead = serializers.IntegerField(help_text="People before you")
    valid_until = ZonedDateTimeField(allow_null=True, help_text="Until then without `keep_alive`")
    due = ZonedDateTimeField(allow_null=True, help_text="When to bring it back; null: when you are done")
    expected = ExpectationSerializer(allow_null=True, help_text="When you will have it")


class ReserviaCancelledSerializer(Shape):
    message = serializers.CharField()
    reservation_id = serializers.IntegerField()
    resource_id = serializers.IntegerField()
    cancelled_date = ZonedDateTimeField()


class ReserviaReleasedSerializer(Shape):
    message = serializers.CharField()
    reservation_id = serializers.IntegerField()
    resource_id = serializers.IntegerField()
    released_date = ZonedDateTimeField()


class ReserviaKeptSerializer(Shape):
    message = serializers.CharField()
    reservation_id = serializers.IntegerField()
    resource_id = serializers.IntegerField()
    valid_until_date = ZonedDateTimeField(allow_null=True)


class ReserviaReservationSerializer(Shape):
    # Context: user, positions by loan, catalogs by venue.
    id = serializers.IntegerField(source="pk")
    user_id = serializers.UUIDField(allow_null=True, help_text="null where the name is not shown in full")
    user_name = serializers.CharField(help_text="In full, as initials or empty, as the rules say")
    resource_id = serializers.IntegerField(allow_null=True, help_text="null: any of a group")
    resource_name = serializers.CharField()
    request_date = ZonedDateTimeField()
    approved_date = ZonedDateTimeField(allow_null=True)
    status = serializers.ChoiceField(STATUSES)
    valid_until_date = ZonedDateTimeField(allow_null=True)
    position = serializers.IntegerField(allow_null=True, help_text="Place in the queue, from 1")

    def read_user_id(self, loan: Loan) -> UUID | None:
        name = name_of(loan.borrower)
        return loan.borrower_id if self.read_user_name(loan) == name else None

    def read_user_name(self, loan: Loan) -> str:
        return see_name(name_of(loan.borrower), loan, self.context)

    def read_resource_name(self, loan: Loan) -> str:
        return loan.thing.name

    def read_request_date(self, loan: Loan) -> datetime | None:
        return at_venue(loan.requested_at, loan)

    def read_approved_date(self, loan: Loan) -> datetime | None:
        return at_venue(loan.approved_at, loan)

    def read_status(self, loan: Loan) -> str:
        return status_of(loan)

    def read_valid_until_date(self, loan: Loan) -> datetime | None:
        return at_venue(loan.valid_until, loan)

    def read_position(self, loan: Loan) -> int | None:
        position: int | None = self.context["positions"].get(loan.pk)
        return position


class ReserviaActiveSerializer(Shape):
    message = serializers.CharField()
    reservations = ReserviaReservationSerializer(many=True)
    count = serializers.IntegerField()


class ReserviaOwnSerializer(Shape):
    message = serializers.CharField()
    reservation = ReserviaReservationSerializer(allow_null=True)


def make_context(loans: Sequence[Loan], user: User, at: datetime) -> dict[str, Any]:
    return {"user": user, "positions": find_positions(loans, at), "catalogs": catalogs_of(loans)}


def status_of(loan: Loan) -> str:
    return "requested" if loan.status == Status.REQUESTED else "approved"


def at_venue(at: datetime | None, loan: Loan) -> datetime | None:
    return at.astimezone(loan.venue.zone) if at else None
