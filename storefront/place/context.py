import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from common import clock
from common.errors import NotFound
from common.page_parts import PageQuery
from reservations.availability import Moment, StartQuery, Wish, find_first_starts, moment_now
from reservations.policies import kind_violation
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog_of
from resources.models import Resource, ResourceGroup
from resources.refund_words import describe_cancellation
from resources.stays import describe_length, is_stay
from scheduling.zones import day_span, from_minute
from search.bookers import read_bookers
from search.engine import HORIZON
from search.slots import list_slots
from search.values import Candidate, Criteria
from storefront.place.day_view import WEEK, divide_day, find_first_shown_day, list_days
from storefront.place.descriptions import describe_prices, describe_rules
from storefront.place.opening_hours import describe_stay_hours, list_special_days, list_week_hours


@dataclass(frozen=True, slots=True)
class Place:
    """A resource, or a group of which any member will do; ``bookables`` are the resource or the members."""

    row: Resource | ResourceGroup
    bookables: tuple[Bookable, ...]
    venue_catalog: Catalog

    @property
    def bookable(self) -> Bookable:
        return self.bookables[0]

    @property
    def is_group(self) -> bool:
        return isinstance(self.row, ResourceGroup)

    @property
    def today(self) -> date:
        return clock.now().astimezone(self.bookable.zone).date()

    @property
    def is_stay(self) -> bool:
        return is_stay(self.bookable)

    @property
    def path(self) -> str:
        return reverse("group-day" if self.is_group else "resource-day", args=[self.row.uuid])

    @property
    def month_path(self) -> str:
        return reverse("group-month" if self.is_group else "resource-month", args=[self.row.uuid])

    @property
    def hold_path(self) -> str:
        return reverse("group-hold" if self.is_group else "hold", args=[self.row.uuid])

    @property
    def waitlist_path(self) -> str:
        return reverse("group-waitlist-join" if self.is_group else "waitlist-join", args=[self.row.uuid])

    def wish(self, request: HttpRequest, cleaned: dict[str, Any]) -> Wish:
        """What was asked for, completed with what is usual here."""
        booker = read_bookers(request.user, [self.row.venue_id])[self.row.venue_id]
        criteria = Criteria(cleaned.get("duration"), cleaned.get("party_size"), cleaned.get("quantity") or 1)
        return criteria.wish_for(self.bookable, booker)


def make_resource_place(resource: Resource) -> Place:
    venue_catalog = catalog_of(resource.venue)
    return Place(resource, (venue_catalog.bookables[resource.pk],), venue_catalog)


def make_group_place(group: ResourceGroup) -> Place:
    """Raises ``NotFound`` for a group with nothing to book."""
    venue_catalog = catalog_of(group.venue)
    ids = venue_catalog.groups[group.pk].member_ids if group.pk in venue_catalog.groups else ()
    members = tuple(
        venue_catalog.bookables[member_id]
        for member_id in ids
        if venue_catalog.bookables[member_id].is_active
    )
    if not members:
        raise NotFound
    return Place(group, members, venue_catalog)


def is_never_booked(place: Place) -> bool:
    return all(kind_violation(bookable) for bookable in place.bookables)


def build_choices(place: Place, on: date, wish: Wish) -> dict[str, Any]:
    moment, bookables = moment_now(), place.bookables
    stays = place.is_stay
    slots = list_slots(bookables, wish, on, moment, only_arrivals=True)
    past = [slot for slot in slots if slot.reason == "past"]
    upcoming = [slot for slot in slots if slot.reason != "past"]
    is_free = any(slot.is_free for slot in slots)
    choices = {} if stays else _list_week(place, on, wish, moment)
    return choices | {
        "slots": slots,
        "gone": past,
        "parts": divide_day(upcoming, nights_last=on > place.today),
        "is_stay": stays,
        "obstacle": Candidate(place.row, bookables, wish).obstacle,
        # Looked for only if the day has nothing: it may be weeks ahead.
        "next_free": None if is_free else find_next_free(bookables, wish, on, moment),
        "idempotency_key": uuid.uuid4(),
    }


def _list_week(place: Place, on: date, wish: Wish, moment: Moment) -> dict[str, Any]:
    first, week = find_first_shown_day(on, place.today, WEEK), timedelta(days=WEEK)
    return {
        "strip": list_days(place.bookables, wish, first, WEEK, moment),
        "earlier": first - week if first > place.today else None,
        "later": first + week,
    }


def find_next_free(bookables: tuple[Bookable, ...], wish: Wish, on: date, moment: Moment) -> datetime | None:
    """The first free start of any of them from that day on, or None within the horizon."""
    zone = str(bookables[0].zone)
    start = max(day_span(on, zone)[0], moment.minute)
    (first,) = find_first_starts([StartQuery(bookables, wish, start)], horizon=HORIZON, moment=moment)
    return None if first is None else from_minute(first, zone)


def make_part_query(place: Place, *, in_frame: bool = False) -> PageQuery:
    """What products are asked for about this place."""
    resource_id, group_id = (None, place.row.pk) if place.is_group else (place.row.pk, None)
    return PageQuery([place.row.venue], resource_id=resource_id, group_id=group_id, in_frame=in_frame)


def make_query(on: date, wish: Wish, *, without_date: bool = False) -> str:
    values: dict[str, str | int] = {} if without_date else {"date": on.isoformat()}
    values |= {"duration": wish.duration, "party_size": wish.party_size}
    if wish.quantity > 1:
        values["quantity"] = wish.quantity
    return urlencode(values)


def describe_place(place: Place, wish: Wish) -> dict[str, Any]:
    """What does not change with the day: prices, hours, rules, cancellation."""
    bookable = place.bookable
    context = {
        "place": place,
        "facts": bookable,
        "length": describe_length(bookable, wish.duration),
        "today": place.today,
        "most_people": max(bookable.customer_rules.max_party_size for bookable in place.bookables),
    }
    if not place.is_group:
        context |= {
            "prices": describe_prices(bookable),
            "hours": list_week_hours(bookable.plan, place.today),
            "stay": describe_stay_hours(bookable, place.today),
            "special": list_special_days(bookable.plan, place.row.venue, place.today),
            "rules": describe_rules(bookable),
            "cancelling": describe_cancellation(bookable.tiers, bookable.currency),
        }
    return context
