"""What belongs to one session: its waitlist, its roster, and who leads it instead."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import account_of
from classes import services
from classes.api import inputs, refusals
from classes.api.booking_shapes import RosterSerializer
from classes.api.finding import find_facilitator, find_managed_session, find_profile, find_session
from classes.api.shapes import MessageSerializer
from classes.configuration import find_rules
from classes.enums import Attendance
from classes.models import Session
from classes.permissions import can_substitute, manages_classes
from classes.policies.windows import is_waitlist_open
from classes.selectors import find_position, find_waits, list_free_colleagues, roster_of, waiting_for
from common.api_sets import NEVER_STORED
from common.api_views import APIView
from common.clock import epoch_minute, now
from common.errors import Forbidden
from common.schema_errors import refuses
from common.serializing import Shape
from reservations.api.inputs import actor_for, read_contact
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from scheduling.zones import to_minute
from waitlist.services import leave_waitlist


class LineSerializer(Shape):
    """The waitlist of a session, and one's own place in it."""

    waiting = serializers.IntegerField(help_text="People in line")
    is_open = serializers.BooleanField(help_text="Whether one can join")
    position = serializers.IntegerField(allow_null=True, help_text="One's own, from 1; null: not in line")
    entry_id = serializers.UUIDField(allow_null=True, help_text="Of `/api/waitlist/<id>`")
    status = serializers.CharField(allow_null=True, help_text="`waiting`, or `offered`: a seat is held")


class Line(APIView):
    """``/api/sessions/<id>/waitlist``."""

    signed_in = ("GET", "POST", "DELETE")

    @extend_schema(summary="The waitlist of a session", responses={200: LineSerializer})
    def get(self, request: Request, id: int) -> Response:
        return self._answer(find_session(request.user, id))

    @extend_schema(
        summary="Wait for a seat",
        extensions=refuses(refusals.WAITING),
        description=(
            "`quantity` people stay together. Joining twice is 409 `already_waiting`. Where the first in "
            "line is booked at once, a pass of theirs that covers it pays; of several the first to expire."
        ),
        request=inputs.WaitingInput,
        responses={201: LineSerializer},
    )
    def post(self, request: Request, id: int) -> Response:
        session, user = find_session(request.user, id), account_of(request)
        data = inputs.WaitingInput.parsed(request.data)
        services.wait_for_seat(
            session_id=session.pk,
            customer=Customer.from_user(user),
            actor=actor_for(user),
            quantity=data.get("quantity", 1),
        )
        return self._answer(session, status.HTTP_201_CREATED)

    @extend_schema(
        summary="Leave the waitlist of a session",
        extensions=refuses(refusals.LEAVING),
        description="Quiet for those who are not in line. A seat that is held for them goes to the next.",
        responses={200: LineSerializer},
    )
    def delete(self, request: Request, id: int) -> Response:
        session, user = find_session(request.user, id), account_of(request)
        entry = find_waits([session], user.pk).get(session.pk)
        if entry is not None:
            leave_waitlist(entry_id=entry.pk, actor=actor_for(user))
        return self._answer(session)

    def _answer(self, session: Session, code: int = status.HTTP_200_OK) -> Response:
        entry = find_waits([session], account_of(self.request).pk).get(session.pk)
        rules = find_rules(session.venue_id, session.class_type_id)
        is_before_end = is_waitlist_open(rules, to_minute(session.starts_at), epoch_minute(now()))
        body = {
            "waiting": sum(waiting_for(session).values_list("party_size", flat=True)),
            "is_open": session.is_active and is_before_end,
            "position": find_position(session, entry) or None if entry else None,
            "entry_id": entry.pk if entry else None,
            "status": entry.status if entry else None,
        }
        return Response(LineSerializer(body).data, code, headers=NEVER_STORED)


class ColleagueSerializer(Shape):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class SubstituteSerializer(MessageSerializer):
    """``colleagues``: who else leads sessions there and is free then."""

    facilitator = ColleagueSerializer()
    wanted = serializers.BooleanField(help_text="Whether a substitute is asked for")
    colleagues = ColleagueSerializer(many=True)


class Substitute(APIView):
    """``/api/sessions/<id>/substitute``."""

    signed_in = ("GET", "POST", "PUT", "DELETE")
    read_scope = "manage"
    write_scope = "manage"

    @extend_schema(
        summary="Who could lead a session instead",
        description="For who leads it, managers and staff.",
        extensions=refuses(refusals.LEADING),
        responses={200: SubstituteSerializer},
    )
    def get(self, request: Request, id: int) -> Response:
        return self._answer(find_managed_session(request.user, id), "")

    @extend_schema(
        summary="Ask for a substitute",
        description="For who leads it, managers and staff. Colleagues who are free then are told.",
        extensions=refuses(refusals.SUBSTITUTING),
        request=inputs.AskingInput,
        responses={200: SubstituteSerializer},
    )
    def post(self, request: Request, id: int) -> Response:
        session = find_managed_session(request.user, id)
        note = inputs.AskingInput.parsed(request.data).get("note", "")
        services.ask_for_substitute(session_id=id, actor=actor_for(request.user), note=note)
        return self._answer(find_session(request.user, session.pk), _("Substitute requested"))

    @extend_schema(
        summary="Lead a session instead",
        description=(
            "Colleagues while someone is asked for: the first has it, the next one gets 400 "
            "`transition_not_allowed`, later ones 403. Managers and staff name anybody. Seats stay as they "
            "are; 409 `taken` where they have something else then."
        ),
        extensions=refuses(refusals.SUBSTITUTING),
        request=inputs.SubstituteInput,
        responses={200: SubstituteSerializer},
    )
    def put(self, request: Request, id: int) -> Response:
        session, user = find_session(request.user, id), account_of(request)
        data = inputs.SubstituteInput.parsed(request.data)
        named = data.get("facilitator_id")
        facilitator = find_facilitator(user, named) if named else find_profile(user, session.venue.slug)
        if not can_substitute(user, session, facilitator):
            raise Forbidden
        is_free_choice = manages_classes(user, session.venue_id)
        lead = services.substitute if is_free_choice else services.accept_to_substitute
        lead(session_id=id, facilitator=facilitator, actor=actor_for(user))
        return self._answer(find_session(user, id), _("Substitute accepted"))

    @extend_schema(
        summary="Ask for a substitute no longer",
        extensions=refuses(refusals.CALLING_OFF),
        responses={200: SubstituteSerializer},
    )
    def delete(self, request: Request, id: int) -> Response:
        session = find_managed_session(request.user, id)
        services.stop_asking(session_id=session.pk)
        return self._answer(find_session(request.user, id), _("Request withdrawn"))

    def _answer(self, session: Session, message: str) -> Response:
        body = {
            "message": message,
            "facilitator": session.facilitator,
            "wanted": session.substitute_wanted_at is not None,
            "colleagues": list_free_colleagues(session),
        }
        return Response(SubstituteSerializer(body).data, headers=NEVER_STORED)


class RosterOf(APIView):
    """``/api/sessions/<id>/attendance``."""

    signed_in = ("POST",)
    write_scope = "manage"

    @extend_schema(
        summary="Record who came",
        description=(
            "For who leads it, managers and staff: many at once, all or none. `walk_in` books a seat for "
            "someone who came without one, as long as seats are left."
        ),
        extensions=refuses(refusals.ATTENDING),
        request=inputs.AttendanceInput,
        responses={200: RosterSerializer(many=True)},
    )
    def post(self, request: Request, id: int) -> Response:
        session = find_managed_session(request.user, id)
        data = inputs.AttendanceInput.parsed(request.data)
        actor = Actor(account_of(request), Source.STAFF)
        marks = {row["booking_id"]: Attendance(row["attendance"]) for row in data.get("marks", ())}
        walk_in = _read_walk_in(session, data["walk_in"]) if "walk_in" in data else None
        services.record_roster(session_id=session.pk, marks=marks, walk_in=walk_in, actor=actor)
        return Response(render_roster(session), headers=NEVER_STORED)


def _read_walk_in(session: Session, who: dict[str, Any]) -> services.WalkIn:
    """Raises ``InvalidInput``."""
    quantity = who.pop("quantity", 1)
    return services.WalkIn(Customer(**read_contact(who, session.venue, "walk_in")), quantity)


def render_roster(session: Session) -> Any:
    seats = list(roster_of(session))
    for seat in seats:
        seat.session = session
    return RosterSerializer(seats, many=True).data
