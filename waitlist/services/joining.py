from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TypedDict
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.addresses import normal_email
from common.clock import epoch_minute
from common.clock import now as clock_now
from common.errors import NotFound
from common.parsing import check_year, refuse
from common.transactions import lock_name, retried_atomic
from reservations.domain.extensions import has_own_times
from reservations.domain.occupancy import raise_violation
from reservations.domain.values import Actor, Customer, booker_for
from reservations.exceptions import BookingRefused
from reservations.policies import Booker, Violation, people_violation, violation
from reservations.services import release_hold, require_contact
from resources.bookables import Bookable
from resources.catalog import catalog
from scheduling.reasons import Reason
from scheduling.zones import day_span
from waitlist.enums import WaitlistStatus
from waitlist.exceptions import AlreadyWaiting
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.querysets import WaitlistQuerySet
from waitlist.services.answering import customer_of, settle
from waitlist.services.locking import lock_entry, lock_entry_and_offer, require_active
from waitlist.signals import EntryNews, tell

MOST_ACTIVE = 20
"""Per person, of entries whose date has not passed."""


class EntryChanges(TypedDict, total=False):
    """Resource and date stay: another queue is joined at its end."""

    earliest_time: time | None
    latest_time: time | None
    duration: int
    party_size: int
    customer_name: str
    customer_email: str
    customer_phone: str
    priority: int
    status: str


WISH = {"earliest_time", "latest_time", "duration", "party_size"}
CONTACT = {"customer_name", "customer_email", "customer_phone"}
IDENTITY = {"earliest_time", "latest_time", "customer_email", "customer_phone"}
"""Two entries of a person that agree in these, and in resource and date, are duplicates."""


@retried_atomic
def join_waitlist(
    *,
    venue_id: int,
    resource_id: int | None = None,
    group_id: int | None = None,
    preferred_on: date,
    earliest_time: time | None = None,
    latest_time: time | None = None,
    fold: int | None = None,
    duration: int | None = None,
    party_size: int = 1,
    customer: Customer,
    actor: Actor,
    now: datetime | None = None,
) -> WaitlistEntry:
    """Put somebody at the end of the queue for a resource or a group on a date.

    Times are the venue's wall clock, ``fold`` says which of two equal ones is meant (PEP 495), ``duration``
    is in minutes. Raises ``InvalidInput``, ``NotFound``, ``BookingRefused`` (a rule, or ``limit_reached``)
    and ``AlreadyWaiting``.
    """
    check_year(preferred_on, "preferred_on")
    require_contact(customer, actor=actor, venue_id=venue_id)
    at = now or clock_now()
    members = _read_members(venue_id, resource_id, group_id)
    entry = WaitlistEntry(
        venue_id=venue_id,
        resource_id=resource_id,
        group_id=group_id,
        customer=customer.user,
        customer_name=customer.name,
        customer_email=normal_email(customer.email),
        customer_phone=customer.phone,
        preferred_on=preferred_on,
        earliest_time=earliest_time,
        latest_time=latest_time,
        fold=fold,
        duration=members[0].customer_rules.default_duration if duration is None else duration,
        party_size=party_size,
    )
    # The wish is checked before the person is locked: most refusals then cost no lock.
    _check_wish(entry, members, booker_for(actor, venue_id), at)
    _check_limit(_lock_other_entries(entry), at.astimezone(members[0].zone).date())
    entry.save(force_insert=True)
    tell(entry, EntryNews.JOINED)
    return entry


def put_first(*, entry: WaitlistEntry, actor: Actor) -> WaitlistEntry:
    """Give the entry a higher priority than everybody in its queue has."""
    queue = WaitlistEntry.objects.waiting().filter(
        venue=entry.venue_id,
        resource=entry.resource_id,
        group=entry.group_id,
        preferred_on=entry.preferred_on,
    )
    # A priority never sinks: staff may have set one above everybody's before.
    first = queue.in_order().exclude(pk=entry.pk).first()
    priority = max(first.priority + 1, entry.priority) if first else entry.priority
    return change_entry(entry_id=entry.pk, actor=actor, changes={"priority": priority})


@retried_atomic
def change_entry(
    *, entry_id: UUID, actor: Actor, changes: EntryChanges, now: datetime | None = None
) -> WaitlistEntry:
    """The position stays. Whoever is to wait again loses their offer, and is not offered that time again.

    Raises what joining does, and ``TransitionNotAllowed`` once it has ended.
    """
    entry = lock_entry_and_offer(entry_id) if "status" in changes else lock_entry(entry_id)
    require_active(entry)
    if WISH & changes.keys():
        _require_same_thing(entry, changes)
    if changes.get("status") == WaitlistStatus.WAITING:
        _withdraw_offer(entry, actor, now)
    before = customer_of(entry)
    for name, value in changes.items():
        setattr(entry, name, value)
    # Compared with other entries and accounts below, so in one spelling.
    entry.customer_email = normal_email(entry.customer_email)
    if CONTACT & changes.keys():
        require_contact(customer_of(entry), actor=actor, venue_id=entry.venue_id, before=before)
    if before.email and entry.customer_email != before.email:  # whoever reads the old address has the link
        entry.link_version += 1
    # A wish that was accepted stays, even when rules have changed since: only a new one is checked.
    if WISH & changes.keys():
        members = _read_members(entry.venue_id, entry.resource_id, entry.group_id)
        _check_wish(entry, members, booker_for(actor, entry.venue_id), now or clock_now())
    # With another time window or address the entry may have become another's duplicate.
    if IDENTITY & changes.keys():
        _lock_other_entries(entry)
    # Something may be free for what they want now.
    entry.due_at = clock_now()
    entry.save(update_fields=[*changes, "link_version", "due_at"])
    tell(entry, EntryNews.CHANGED)
    return entry


def _require_same_thing(entry: WaitlistEntry, changes: EntryChanges) -> None:
    """Of what has its own times they wait for one, whose product has judged how many people may wait."""
    if entry.resource is None or not has_own_times([entry.resource]):
        return
    other = [name for name in ("earliest_time", "latest_time", "duration") if _differs(entry, changes, name)]
    if changes.get("party_size", entry.party_size) > entry.party_size:
        other.append("party_size")
    if other:
        refuse(other[0], _("This can't be changed here. Leave the waitlist and join again."))


def _differs(entry: WaitlistEntry, changes: EntryChanges, name: str) -> bool:
    before: object = getattr(entry, name)
    return changes.get(name, before) != before


def _withdraw_offer(entry: WaitlistEntry, actor: Actor, now: datetime | None) -> None:
    for offer in entry.offers.filter(outcome=WaitlistOffer.Outcome.OPEN):
        offer.entry = entry
        settle(offer, WaitlistOffer.Outcome.DECLINED)
        release_hold(reservation_id=offer.reservation_id, actor=actor, now=now)


def _read_members(venue_id: int, resource_id: int | None, group_id: int | None) -> list[Bookable]:
    """The active resources to wait for. Raises ``NotFound`` for what the venue does not have."""
    venue_catalog = catalog(venue_id)
    group = venue_catalog.groups.get(group_id or 0)
    ids = group.member_ids if group and group.is_active else ()
    if resource_id is not None:
        ids = (resource_id,) if group_id is None else ()
    members = [
        venue_catalog.bookables[member_id] for member_id in ids if member_id in venue_catalog.bookables
    ]
    if not members:
        raise NotFound(_("This resource doesn't belong to this venue."))
    return members


def _check_wish(entry: WaitlistEntry, members: list[Bookable], booker: Booker, now: datetime) -> None:
    if entry.earliest_time and entry.latest_time and entry.latest_time < entry.earliest_time:
        refuse("latest_time", _("Enter a time on or after the earliest start."))
    violations = [next(_find_violations(entry, member, booker, now), None) for member in members]
    if None not in violations:
        raise_violation(violations[0])


def _find_violations(
    entry: WaitlistEntry, bookable: Bookable, booker: Booker, now: datetime
) -> Iterator[Violation]:
    if obstacle := people_violation(bookable, booker, entry.party_size):
        yield obstacle
    local_now = now.astimezone(bookable.zone)
    latest_start = datetime.combine(entry.preferred_on, entry.latest_time or time.max, tzinfo=bookable.zone)
    if latest_start < local_now:
        yield violation(Reason.PAST)
    advance = bookable.slot_rules.max_advance
    day_start = day_span(entry.preferred_on, str(bookable.zone))[0]
    if advance is not None and day_start > epoch_minute(now) + advance:
        yield violation(Reason.TOO_FAR)
    if reason := bookable.slot_rules.refuses_duration(entry.duration):
        yield violation(reason)


def _lock_other_entries(entry: WaitlistEntry) -> WaitlistQuerySet:
    """The person's other active entries, locked until commit. Raises ``AlreadyWaiting`` for a duplicate."""
    # Both of a person's names, sorted: whoever locks two of them does so in the same order.
    contact = customer_of(entry).contact
    keys = {f"waitlist:{key}" for key in (contact, entry.customer_id) if key}
    for lock in sorted(keys):
        lock_name(lock)
    others = WaitlistEntry.objects.active().of_person(
        entry.customer_id, entry.customer_email, str(entry.customer_phone or "")
    )
    others = others.exclude(pk=entry.pk)
    for_same_thing = others.filter(resource=entry.resource_id, group=entry.group_id)
    window = {"earliest_time": entry.earliest_time, "latest_time": entry.latest_time, "fold": entry.fold}
    if for_same_thing.filter(preferred_on=entry.preferred_on, **window).exists():
        raise AlreadyWaiting
    return others


def _check_limit(others: WaitlistQuerySet, today: date) -> None:
    if others.filter(preferred_on__gte=today).count() >= MOST_ACTIVE:
        message = _("You've reached the waitlist limit. Leave one first.")
        raise BookingRefused(message, code=Reason.LIMIT_REACHED)


@retried_atomic
def renew_link(*, entry_id: UUID) -> WaitlistEntry:
    """The old link ends; the next email has the new one."""
    entry = lock_entry(entry_id)
    entry.link_version += 1
    entry.save(update_fields=["link_version"])
    return entry
