"""Sessions: for everybody who is signed in to find, for who leads or manages them to put up and change."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import account_of
from classes import services
from classes.api import refusals, shapes
from classes.api.drafting import read_changes, read_draft, read_edit, read_prices
from classes.api.filters import FILTERS, PAGED, PAGES, narrow
from classes.api.finding import find_creator, find_managed_session, find_session, zone_of
from classes.api.inputs import CallingOffInput, SessionChangeInput, SessionInput
from classes.api.lists import answer_rows, array_or_page
from classes.drafts import SessionDraft
from classes.exceptions import SessionNotFound
from classes.lists import sessions_to_book
from classes.models import Session
from classes.querysets import SessionQuerySet
from common.api_sets import NEVER_STORED, ViewSet, with_headers
from common.clock import now
from common.idempotency import idempotent
from common.money import in_coins
from common.parsing import parse_date
from common.schema import IDEMPOTENCY, IF_MATCH, location, tag
from common.schema_errors import TIMED, refuses
from reservations.api.inputs import actor_for, read_version
from reservations.series import SeriesScope
from resources.models import Venue

ALL = ("list", "create", "retrieve", "update", "cancel")


class SessionViewSet(ViewSet[Session]):
    serializer_class = shapes.SessionSerializer
    lookup_value_converter = "int"
    missing = SessionNotFound
    signed_in = ALL
    write_scope = "manage"
    caching = NEVER_STORED

    def get_queryset(self) -> SessionQuerySet:
        return sessions_to_book(now())

    @extend_schema(
        summary="Sessions that can be booked",
        extensions=refuses(TIMED),
        description=f"Active ones to come, the next one first. {PAGED}",
        parameters=[*FILTERS, *PAGES],
        responses={200: array_or_page(shapes.SessionSerializer)},
    )
    def list(self, request: Request) -> Response:
        rows = narrow(self.get_queryset(), request.query_params, zone_of(request))
        return answer_rows(self, rows, self.render_rows)

    def render_rows(self, rows: Any) -> Any:
        context = shapes.make_context(rows, self.request.user)
        return shapes.SessionSerializer(rows, many=True, context=context).data

    @extend_schema(
        summary="Put up a session or a retreat",
        extensions=refuses(refusals.CREATING),
        description=(
            "For facilitators, once the venue has approved them; managers and staff name a "
            "`facilitator_id`. 409 `taken` says in `taken` whether it is the `facilitator` or the `place`. "
            "With `repeat` all dates or none; its `dry_run` answers 200 with every date."
        ),
        parameters=[IDEMPOTENCY, location(201)],
        request=SessionInput,
        responses={201: shapes.SessionMadeSerializer, 200: shapes.SessionPlannedSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data, user = SessionInput.parsed(request.data), account_of(request)
        facilitator = find_creator(user, data)
        draft = read_draft(data, facilitator)
        if "repeat" in data or data.get("dry_run"):
            return self._create_series(facilitator.venue, draft, data)
        session = services.create_session(venue=facilitator.venue, draft=draft, actor=actor_for(user))
        return self._answer_made([session])

    def _create_series(self, venue: Venue, draft: SessionDraft, data: dict[str, Any]) -> Response:
        repeat = data.get("repeat", {"rule": "FREQ=DAILY;COUNT=1"})
        made = services.create_series(
            venue=venue,
            draft=draft,
            rule=repeat["rule"],
            skip=[parse_date(day, "repeat.skip") for day in repeat.get("skip", ())],
            actor=actor_for(self.request.user),
            dry_run=data.get("dry_run", False),
        )
        if not data.get("dry_run"):
            return self._answer_made(made.sessions)
        body = {"message": _("This is a preview. Nothing was changed."), "dates": made.occurrences}
        return self.answer(shapes.SessionPlannedSerializer(body).data)

    def _answer_made(self, sessions: Any) -> Response:
        body = {
            "message": _("Session created successfully"),
            "session_id": sessions[0].pk,
            "session_ids": [session.pk for session in sessions],
            "series": sessions[0].series,
        }
        return self.created(shapes.SessionMadeSerializer(body).data, sessions[0].pk)

    @extend_schema(
        summary="One session",
        description="With its prices, and for who leads it whether a substitute is wanted.",
        parameters=[tag(200)],
        responses={200: shapes.SessionDetailSerializer},
    )
    def retrieve(self, request: Request, id: int) -> Response:
        session = find_session(request.user, id)
        answer = self.answer(shapes.render_session(session, request.user))
        return with_headers(answer, {"ETag": f'"{session.version}"'})

    @extend_schema(
        summary="Change or move a session",
        extensions=refuses(refusals.CHANGING),
        description=(
            "For who leads it, managers and staff. Booked seats keep their price and go along, or nothing "
            "changes: 409 `series_refused` names every obstacle, `still_booked` how many seats are sold. "
            "With `scope` for a series. `tiers` and `plan` are changed by themselves; bookings keep theirs."
        ),
        parameters=[IF_MATCH],
        request=SessionChangeInput,
        responses={200: shapes.SessionChangedSerializer},
    )
    def update(self, request: Request, id: int) -> Response:
        session = find_managed_session(request.user, id)
        data = SessionChangeInput.parsed(request.data)
        version = read_version(request.headers, data)
        if prices := read_prices(data):
            return self._change_prices(id, prices, version)
        changes = read_changes(data, session, request.user)
        dry_run = data.get("dry_run", False)
        scope = SeriesScope(data.get("scope", SeriesScope.THIS))
        actor = actor_for(request.user)
        if scope == SeriesScope.THIS:
            moved = services.change_sessions(
                ids=[id],
                changes=lambda _session: changes,
                actor=actor,
                version=version,
                dry_run=dry_run,
                now=now(),
            )
        else:
            edit = read_edit(data, changes, session)
            moved = services.change_series(
                session_id=id, scope=scope, edit=edit, actor=actor, version=version, dry_run=dry_run
            )
        return self._answer_changed(id, moved, dry_run)

    def _change_prices(self, id: int, prices: dict[str, Any], version: int | None) -> Response:
        actor = actor_for(self.request.user)
        changed = services.change_prices(session_id=id, **prices, actor=actor, version=version)
        return self._answer_changed(id, services.SessionsMoved([changed]), dry_run=False)

    def _answer_changed(self, id: int, moved: services.SessionsMoved, dry_run: bool) -> Response:
        preview = _("This is a preview. Nothing was changed.")
        body = {
            "message": preview if dry_run else _("Session updated successfully"),
            "session_ids": [session.pk for session in moved.sessions],
            "moved_bookings": len(moved.seats),
            "version": next((each.version for each in moved.sessions if each.pk == id), 1),
        }
        return self.answer(shapes.SessionChangedSerializer(body).data)

    @extend_schema(
        summary="Call a session off",
        extensions=refuses(refusals.CALLING_OFF),
        description=(
            "For who leads it, managers and staff, before it begins. All bookings are cancelled and "
            "refunded, pass credits returned, waiting ends, everybody is told once. Quiet the second time."
        ),
        request=CallingOffInput,
        responses={200: shapes.SessionCancelledSerializer},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: int) -> Response:
        return call_off(self, id, CallingOffInput.parsed(request.data))


def call_off(view: ViewSet[Any], id: int, data: dict[str, Any]) -> Response:
    session = find_managed_session(view.request.user, id)
    dry_run = data.get("dry_run", False)
    done = services.cancel_series(
        session_id=session.pk,
        scope=SeriesScope(data.get("scope", SeriesScope.THIS)),
        actor=actor_for(view.request.user),
        reason=data.get("reason", ""),
        dry_run=dry_run,
    )
    preview = _("This is a preview. Nothing was changed.")
    body = {
        "message": preview if dry_run else _("Session cancelled successfully"),
        "cancelled_bookings": done.bookings,
        "people": done.people,
        "waiting": done.waiting,
        "refunded": in_coins(done.refunded, done.currency),
        "currency": done.currency,
        "session_ids": [each.pk for each in done.sessions],
    }
    return view.answer(shapes.SessionCancelledSerializer(body).data, status.HTTP_200_OK)
