"""Studios, and lanes for what takes place online or elsewhere: each a room and a pool of seats."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import time
from itertools import count
from typing import NamedTuple

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from classes.drafts import Span, check_seats
from classes.enums import PRODUCT, PlaceKind
from classes.finding import STILL_NEEDED, has_sessions_to_come
from classes.models import MOST_SEATS, Session, Studio
from common.parsing import refuse
from common.transactions import lock_name, retried_atomic
from resources.enums import ResourceKind, UnitsBy
from resources.models import BookingRules, OpeningHours, Resource, Venue

RULES_NAME = "Class seats"
LONGEST_SESSION = 20_160
ONE_OF_THIS_NAME = _("There is a studio of this name already.")
LANE_NAMES = {PlaceKind.ONLINE: "Online", PlaceKind.OFF_SITE: "Off-site"}


@retried_atomic
def add_studio(
    *,
    venue: Venue,
    name: str,
    seats: int,
    room: Resource | None = None,
    kind: PlaceKind = PlaceKind.STUDIO,
) -> Studio:
    """``seats``: the most people it may ever hold. Without ``room`` one is made that nobody books by itself.

    Raises ``InvalidInput``.
    """
    check_seats(seats)
    if room is not None and room.venue_id != venue.pk:
        refuse("room", _("Choose one of the same venue."))
    lock_name(f"studios:{venue.pk}")
    if Studio.objects.filter(venue=venue, name=name).exists():
        refuse("name", ONE_OF_THIS_NAME)
    rules = find_seat_rules(venue)
    room = room or make_hidden(venue, rules, name, ResourceKind.ROOM, capacity=seats)
    pool = make_hidden(
        venue,
        rules,
        name,
        ResourceKind.SEATS,
        capacity=seats,
        units=seats,
        units_by=UnitsBy.PERSON,
        extension=PRODUCT,
    )
    return Studio.objects.create(venue=venue, name=name, kind=kind, room=room, seats=pool)


@retried_atomic
def resize_studio(*, studio: Studio, seats: int) -> Studio:
    """Sessions keep what they sell: those to come hold back more or fewer seats. Raises ``InvalidInput``."""
    check_seats(seats)
    if seats == studio.seats.units:
        return studio
    if has_sessions_to_come(studio.seats_id):
        refuse("seats", STILL_NEEDED)
    studio.seats.units = studio.seats.capacity = seats
    studio.seats.save()
    return studio


@retried_atomic
def change_studio(*, studio: Studio, name: str, seats: int) -> Studio:
    """Its name and how many people it may hold. Raises ``InvalidInput``."""
    lock_name(f"studios:{studio.venue_id}")
    current = Studio.objects.select_related("seats").get(pk=studio.pk)
    if Studio.objects.filter(venue=studio.venue_id, name=name).exclude(pk=studio.pk).exists():
        refuse("name", ONE_OF_THIS_NAME)
    if name != current.name:
        current.name = current.seats.name = name
        current.save(update_fields=["name"])
        current.seats.save(update_fields=["name"])
    return resize_studio(studio=current, seats=seats)


def find_lane(*, venue: Venue, kind: PlaceKind, spans: Sequence[Span], usual: Studio | None = None) -> Studio:
    """The ``usual`` or first place of its kind that is free at all these times; a new one when none is.

    Under a lock of the kind, so that two sessions at once do not both make one.
    """
    lock_name(f"lanes:{venue.pk}:{kind}")
    lanes, busy = _list_lanes(venue, kind), _read_busy(venue, kind, spans)
    first = (usual, *lanes) if usual else lanes
    free = next((lane for lane in first if not any(_is_taken(busy[lane.pk], span) for span in spans)), None)
    return free or _add_lane(venue, kind, len(lanes) + 1)


class Wish(NamedTuple):
    """A time, and the lane that would do if it is free then."""

    span: Span
    lane: Studio


def lock_lanes(venue_id: int) -> None:
    """Before any session: whoever makes a lane locks these names in this order, too."""
    for kind in LANE_NAMES:
        lock_name(f"lanes:{venue_id}:{kind}")
    lock_name(f"studios:{venue_id}")


def spread_over_lanes(
    *, venue: Venue, kind: PlaceKind, wanted: Sequence[Wish], leave_out: Collection[int] = ()
) -> list[Studio]:
    """A lane for each: the one that is wanted, else the first that is free; new ones as they are needed.

    ``leave_out``: sessions that give up their time. Under ``lock_lanes``.
    """
    lanes = _list_lanes(venue, kind)
    busy = _read_busy(venue, kind, [each.span for each in wanted], leave_out)
    chosen = []
    for span, usual in wanted:
        lane = next((each for each in (usual, *lanes) if not _is_taken(busy[each.pk], span)), None)
        if lane is None:
            lane = _add_lane(venue, kind, len(lanes) + 1)
            lanes.append(lane)
        busy[lane.pk].append(span)
        chosen.append(lane)
    return chosen


def _list_lanes(venue: Venue, kind: PlaceKind) -> list[Studio]:
    return list(Studio.objects.filter(venue=venue, kind=kind).select_related("seats", "room").order_by("pk"))


def _add_lane(venue: Venue, kind: PlaceKind, number: int) -> Studio:
    """With the first number from ``number`` on whose name is free."""
    lock_name(f"studios:{venue.pk}")
    word = LANE_NAMES[kind]
    named = Studio.objects.filter(venue=venue, name__startswith=word).order_by()
    taken = set(named.values_list("name", flat=True))
    name = next(name for at in count(number) if (name := f"{word} {at}") not in taken)
    return add_studio(venue=venue, name=name, seats=MOST_SEATS, kind=kind)


def _read_busy(
    venue: Venue, kind: PlaceKind, spans: Sequence[Span], leave_out: Collection[int] = ()
) -> dict[int, list[Span]]:
    """By lane, when sessions take place there."""
    first, last = min(span.starts_at for span in spans), max(span.ends_at for span in spans)
    rows = Session.objects.active().overlapping(first, last).filter(place__venue=venue, place__kind=kind)
    busy: dict[int, list[Span]] = defaultdict(list)
    columns = rows.exclude(pk__in=leave_out).order_by().values_list("place", "starts_at", "ends_at")
    for place_id, start, end in columns:
        busy[place_id].append(Span(start, end))
    return busy


def _is_taken(busy: Iterable[Span], span: Span) -> bool:
    return any(each.starts_at < span.ends_at and span.starts_at < each.ends_at for each in busy)


def find_seat_rules(venue: Venue) -> BookingRules:
    """Those of every pool and every facilitator's time: what binds bookings of seats is the session."""
    rules, _is_new = BookingRules.objects.get_or_create(
        venue=venue,
        name=RULES_NAME,
        defaults={
            "slot_step": 1,
            "min_duration": 1,
            "default_duration": 60,
            "max_duration": LONGEST_SESSION,
            "max_advance_days": None,
        },
    )
    return rules


def make_hidden(
    venue: Venue, rules: BookingRules, name: str, kind: ResourceKind, **fields: object
) -> Resource:
    """A resource that is found through the product alone, open round the clock."""
    resource = Resource.objects.create(
        venue=venue,
        rules=rules,
        name=name,
        slug=find_free_slug(venue, name),
        kind=kind,
        is_listed=False,
        observes_holidays=False,
        **fields,
    )
    for weekday in range(7):
        OpeningHours.objects.create(
            venue=venue, resource=resource, weekday=weekday, start_time=time(0), end_time=time(0)
        )
    return resource


def find_free_slug(venue: Venue, name: str) -> str:
    base = slugify(name)[:40] or "place"
    taken = set(Resource.objects.filter(venue=venue, slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (base, *numbered) if slug not in taken)
