"""The reservations of a calendar: all that a calendar can show at once, and a link to the rest."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from common.clock import epoch_seconds
from common.parsing import refuse
from common.rendering import pack
from common.schema import query
from reservations.api.access import context_of
from reservations.api.expanding import read_expand
from reservations.api.listed import ListedReservationSerializer, ShortForm
from reservations.listing import list_reservations
from reservations.permissions import prepare_actions
from reservations.querysets import ReservationQuerySet
from reservations.selectors import with_details
from resources.models import Resource

MOST_RESERVATIONS = 5000
NAME = "reservations_after"
AFTER = query(NAME, "What `reservations_next` says: goes on with the reservations after those shown.")
INSTANT = "%Y%m%dT%H%M%SZ"
_POSITION = re.compile(r"(\d{8}T\d{6}Z)-([0-9a-f]{32})")


class ReservationPage(NamedTuple):
    """``rendered``: ``ListedReservationSerializer`` of each."""

    rendered: list[Any]
    next: str | None


def read_reservation_page(
    request: Request, reservations: ReservationQuerySet, resources: Sequence[Resource]
) -> ReservationPage:
    """``reservations`` in the order of ``starts_at`` and ``id``. Raises ``InvalidInput``."""
    if after := request.query_params.get(NAME):
        reservations = reservations.filter(_follows(after))
    expand = read_expand(request)
    if expand:
        return _read_in_detail(request, reservations, expand)
    listing = list_reservations(reservations, resources, most=MOST_RESERVATIONS)
    rendered = ShortForm(listing, context_of(request)).pack()
    if not listing.has_more:
        return ReservationPage(rendered, None)
    last = listing.rows[-1]
    return ReservationPage(rendered, _link_to_rest(request, last.start_second, last.id))


def _read_in_detail(
    request: Request, reservations: ReservationQuerySet, expand: frozenset[str]
) -> ReservationPage:
    rows = list(with_details(reservations)[: MOST_RESERVATIONS + 1])
    shown = rows[:MOST_RESERVATIONS]
    prepare_actions(request.user, shown)
    shape = ListedReservationSerializer(context=context_of(request) | {"expand": expand})
    rendered = [pack(shape.to_representation(row)) for row in shown]
    if len(rows) == len(shown):
        return ReservationPage(rendered, None)
    return ReservationPage(rendered, _link_to_rest(request, epoch_seconds(shown[-1].starts_at), shown[-1].pk))


def _follows(position: str) -> Q:
    match = _POSITION.fullmatch(position)
    try:
        start = datetime.strptime(match[1] if match else "", INSTANT).replace(tzinfo=UTC)
    except ValueError:
        refuse(NAME, _("Use the address in reservations_next unchanged."))
    assert match  # noqa: S101  (else there was no instant)
    return Q(starts_at__gt=start) | Q(starts_at=start, id__gt=UUID(match[2]))


def _link_to_rest(request: Request, start: int, id: UUID) -> str:
    position = f"{datetime.fromtimestamp(start, UTC):{INSTANT}}-{id.hex}"
    return replace_query_param(request.build_absolute_uri(), NAME, position)
