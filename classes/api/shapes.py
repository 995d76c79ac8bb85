"""What the API says of sessions; names and forms are those of document 004."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from classes.api.numbers import NumberField
from classes.enums import Level, PlaceKind, SessionStatus, SessionType, TierPays
from classes.models import Facilitator, Session
from classes.permissions import can_manage
from classes.pricing import find_price
from classes.selectors import count_free, find_booked, find_waits
from classes.selling import Selling, read_selling
from common.money import in_coins
from common.serializing import RowShape, Shape, ZonedDateTimeField
from reservations.api.inputs import Viewer


class SessionTierSerializer(Shape):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    price = NumberField(help_text="Per person")
    deposit = NumberField(
        help_text="Per person, before the booking is confirmed; in instalments at least what is due that day"
    )
    pays = serializers.ChoiceField(TierPays.choices)
    quota = serializers.IntegerField(allow_null=True, help_text="null: no limit but the seats")
    is_on_sale = serializers.BooleanField()
    left = serializers.IntegerField(help_text="That can be booked now; `available_spots` limits all tiers")


class SessionSerializer(RowShape[Session]):
    """A class at a time. Times have the venue's offset."""

    # Context: see ``make_context``.

    facilitator = serializers.CharField(help_text="Who leads it; empty where their name is not shown")
    facilitator_id = serializers.IntegerField()
    session_type = serializers.ChoiceField(SessionType.choices)
    start_time = ZonedDateTimeField(read_only=True)
    end_time = ZonedDateTimeField(read_only=True)
    price = NumberField(help_text="Per person; of several `tiers` the lowest on sale")
    tiers = SessionTierSerializer(many=True, help_text="Where there are several prices; else empty")
    available_spots = serializers.IntegerField(help_text="Seats that can be booked now")
    currency = serializers.CharField(source="venue.currency")
    venue = serializers.CharField(source="venue.slug", help_text="Its slug")
    place = serializers.CharField(source="place.name")
    place_kind = serializers.ChoiceField(PlaceKind.choices, source="place.kind")
    class_type = serializers.IntegerField(source="class_type_id", allow_null=True)
    level = serializers.ChoiceField(Level.choices)
    status = serializers.ChoiceField(SessionStatus.choices)
    substitute_for = serializers.CharField(allow_null=True, help_text="Whose session it was")
    booked_by_me = serializers.BooleanField()
    waiting_by_me = serializers.BooleanField()

    class Meta:
        model = Session
        fields: tuple[str, ...] = (
            *("id", "title", "description", "facilitator", "facilitator_id", "session_type", "start_time"),
            *("end_time", "capacity", "price", "available_spots", "currency", "venue", "place", "place_kind"),
            *("class_type", "level", "status", "has_tiers", "tiers", "substitute_for", "booked_by_me"),
            *("waiting_by_me", "version"),
        )
        read_only_fields = fields

    def read_facilitator(self, session: Session) -> str:
        return shown_name(session.facilitator)

    def read_substitute_for(self, session: Session) -> str | None:
        return shown_name(session.substitute_for) if session.substitute_for else None

    def read_start_time(self, session: Session) -> datetime:
        return session.local_start

    def read_end_time(self, session: Session) -> datetime:
        return session.local_end

    def read_price(self, session: Session) -> Decimal:
        return in_coins(find_price(session, self.context["selling"]), session.venue.currency)

    def read_tiers(self, session: Session) -> list[dict[str, Any]]:
        currency, names = session.venue.currency, ("pk", "name", "pays", "quota", "is_on_sale")
        selling: Selling = self.context["selling"].get(session.pk, Selling())
        free = self.context["free"].get(session.pk, 0)
        return [
            {
                **{name: getattr(tier, name) for name in names},
                "price": in_coins(tier.price, currency),
                "deposit": in_coins(tier.deposit, currency),
                "left": selling.limit(free, tier),
            }
            for tier in selling.tiers
        ]

    def read_level(self, session: Session) -> str:
        return session.class_type.level if session.class_type else Level.ANY

    def read_available_spots(self, session: Session) -> int:
        return int(self.context["free"].get(session.pk, 0))

    def read_booked_by_me(self, session: Session) -> bool:
        return session.pk in self.context["booked"]

    def read_waiting_by_me(self, session: Session) -> bool:
        return session.pk in self.context["waits"]


def shown_name(facilitator: Facilitator) -> str:
    return facilitator.name if facilitator.is_public else ""


def make_context(sessions: Sequence[Session], user: Viewer) -> dict[str, Any]:
    """What rows of a list need; three queries, and two where one has several prices."""
    selling = read_selling(sessions)
    free = count_free(sessions, selling)
    context: dict[str, Any] = {"selling": selling, "free": free, "booked": {}, "waits": {}}
    if user.pk and sessions:
        context |= {"booked": find_booked(sessions, user.pk), "waits": find_waits(sessions, user.pk)}
    return context


class PlanTermSerializer(Shape):
    percent = NumberField()
    due_on = serializers.DateField(allow_null=True)
    days_before = serializers.IntegerField(allow_null=True, help_text="Days before the start")


class SessionDetailSerializer(SessionSerializer):
    """One session, with its plan; the two last are for who leads or manages it."""

    policy = serializers.IntegerField(
        source="policy_id",
        allow_null=True,
        help_text="Its own cancellation policy; else that of its class type",
    )
    plan = PlanTermSerializer(many=True, help_text="The instalments in which a price may be paid")
    cancel_reason = serializers.CharField()
    substitute_wanted = serializers.BooleanField(allow_null=True)
    published = serializers.BooleanField(allow_null=True)

    class Meta(SessionSerializer.Meta):
        fields = (
            *SessionSerializer.Meta.fields,
            *("plan", "cancel_reason", "online_capacity", "course", "series", "policy"),
            *("substitute_wanted", "published"),
        )
        read_only_fields = fields

    def read_plan(self, session: Session) -> Any:
        return session.plan_terms.all() if session.has_tiers else ()

    def read_substitute_wanted(self, session: Session) -> bool | None:
        return session.substitute_wanted_at is not None if self.context["manages"] else None

    def read_published(self, session: Session) -> bool | None:
        return session.published_at is not None if self.context["manages"] else None


def render_session(session: Session, user: Viewer) -> dict[str, Any]:
    context = make_context([session], user) | {"manages": can_manage(user, session)}
    return dict(SessionDetailSerializer(session, context=context).data)


class LedSessionSerializer(SessionSerializer):
    """As their facilitator sees them."""

    bookings_count = serializers.IntegerField(help_text="People with a seat")
    created_at = ZonedDateTimeField(read_only=True)

    class Meta(SessionSerializer.Meta):
        fields = (*SessionSerializer.Meta.fields, "bookings_count", "created_at")
        read_only_fields = fields

    def read_facilitator(self, session: Session) -> str:
        return session.facilitator.name

    def read_substitute_for(self, session: Session) -> str | None:
        return session.substitute_for.name if session.substitute_for else None

    def read_bookings_count(self, session: Session) -> int:
        return int(self.context["counts"].get(session.pk, 0))

    def read_created_at(self, session: Session) -> datetime:
        return session.created_at.astimezone(session.venue.zone)


class MessageSerializer(Shape):
    message = serializers.CharField()


class SessionMadeSerializer(MessageSerializer):
    """Of a series, ``session_id`` is the first one."""

    session_id = serializers.IntegerField()
    session_ids = serializers.ListField(child=serializers.IntegerField())
    series = serializers.UUIDField(allow_null=True)


class DateOfSeriesSerializer(Shape):
    date = serializers.DateField(source="on")
    start = serializers.DateTimeField(allow_null=True, help_text="null: a time the clocks skip that day")
    available = serializers.BooleanField(source="is_free")
    reason = serializers.CharField(source="code", help_text="A code of docs/errors.md, or empty")
    message = serializers.CharField()


class SessionPlannedSerializer(MessageSerializer):
    dates = DateOfSeriesSerializer(many=True)


class SessionChangedSerializer(MessageSerializer):
    session_ids = serializers.ListField(child=serializers.IntegerField())
    moved_bookings = serializers.IntegerField(help_text="Bookings that went along")
    version = serializers.IntegerField(help_text="Of the session that was named")


class SessionCancelledSerializer(MessageSerializer):
    cancelled_bookings = serializers.IntegerField()
    people = serializers.IntegerField(help_text="With a seat")
    waiting = serializers.IntegerField(help_text="In line, whose waiting ends")
    refunded = NumberField()
    currency = serializers.CharField()
    session_ids = serializers.ListField(child=serializers.IntegerField())
