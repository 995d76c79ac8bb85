"""Every change of the waitlist.

Locks come in this order: the entry's row, then the person's names, then those of a reservation.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TypedDict
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute
from common.clock import now as clock_now
from common.errors import NotFound
from common.parsing import refuse
from common.transactions import lock_name, retried_atomic
from reservations.domain.occupancy import raise_violation
from reservations.domain.values import Actor, Customer, booker_for
from reservations.exceptions import BookingRefused, TransitionNotAllowed
from reservations.policies import Booker, Violation, people_violation, violation
from reservations.services import release_hold, require_contact
from resources.catalog import catalog
from resources.facts import Bookable
from scheduling.reasons import Reason
from scheduling.zones import day_span
from waitlist.exceptions import AlreadyWaiting, EntryNotFound
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.querysets import WaitlistQuerySet
from waitlist.signals import News, entry_changed

MOST_ACTIVE = 20
"""Active entries of one person whose date has not passed."""


class Changes(TypedDict, total=False):
    """What may change of an entry. Thing and date stay: another queue is joined at its end."""

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
IDENTITY = {"earliest_time", "latest_time", "customer_email"}
"""By these, with thing and date, it is told whether somebody waits twice."""


@retried_atomic
def join_waitlist(
    *,
    venue_id: int,
    resource_id: int | None = None,
    group_id: int | None = None,
    preferred_on: date,
    earliest_time: time | None = None,
    latest_time: time | None = None,
    duration: int | None = None,
    party_size: int = 1,
    customer: Customer,
    actor: Actor,
    now: datetime | None = None,
) -> WaitlistEntry:
    """Puts somebody at the end of the queue for a resource or a group on a date.

    Times are the venue's wall clock, None leaves the window open; ``duration`` in minutes, None is the
    usual one. Raises ``InvalidInput``, ``NotFound``, ``BookingRefused`` (a rule, or ``limit_reached``)
    and ``AlreadyWaiting``.
    """
    require_contact(customer)
    at = now or clock_now()
    members = _members(venue_id, resource_id, group_id)
    entry = WaitlistEntry(
        venue_id=venue_id,
        resource_id=resource_id,
        group_id=group_id,
        customer=customer.user,
        customer_name=customer.name,
        customer_email=customer.email.strip().lower(),
        customer_phone=customer.phone,
        preferred_on=preferred_on,
        earliest_time=earliest_time,
        latest_time=latest_time,
        duration=members[0].customer_rules.default_duration if duration is None else duration,
        party_size=party_size,
    )
    _check_wish(entry, members, booker_for(actor, venue_id), at)
    _check_limit(_others(entry), at.astimezone(members[0].zone).date())
    entry.save(force_insert=True)
    entry_changed.send(WaitlistEntry, entry=entry, news=News.JOINED, offer=None)
    return entry


@retried_atomic
def change_entry(
    *, entry_id: UUID, actor: Actor, changes: Changes, now: datetime | None = None
) -> WaitlistEntry:
    """Changes wish, contact, priority, or whether somebody has been contacted; the place stays.

    Raises what ``join_waitlist`` raises, ``EntryNotFound``, and ``TransitionNotAllowed`` once it is over.
    """
    entry = _locked(entry_id)
    _require_active(entry)
    for name, value in changes.items():
        setattr(entry, name, value)
    entry.customer_email = entry.customer_email.strip().lower()
    if WISH & changes.keys():
        members = _members(entry.venue_id, entry.resource_id, entry.group_id)
        _check_wish(entry, members, booker_for(actor, entry.venue_id), now or clock_now())
    if IDENTITY & changes.keys():
        _others(entry)
    entry.save(update_fields=list(changes))
    entry_changed.send(WaitlistEntry, entry=entry, news=News.CHANGED, offer=None)
    return entry


@retried_atomic
def leave_waitlist(*, entry_id: UUID, actor: Actor, now: datetime | None = None) -> WaitlistEntry:
    """Takes somebody off the list and gives back what is held for them; quiet when they have left.

    Raises ``EntryNotFound``, and ``TransitionNotAllowed`` when it is over in another way.
    """
    entry = _locked(entry_id)
    if entry.status == WaitlistEntry.Status.LEFT:
        return entry
    _require_active(entry)
    entry.status = WaitlistEntry.Status.LEFT
    entry.save(update_fields=["status"])
    for offer in entry.offers.filter(outcome=WaitlistOffer.Outcome.OPEN):
        release_hold(reservation_id=offer.reservation_id, actor=actor, now=now)
        offer.outcome = WaitlistOffer.Outcome.DECLINED
        offer.save(update_fields=["outcome"])
    entry_changed.send(WaitlistEntry, entry=entry, news=News.LEFT, offer=None)
    return entry


def _locked(entry_id: UUID) -> WaitlistEntry:
    """The entry with its row locked until commit. Raises ``EntryNotFound``."""
    found = WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=entry_id).first()
    if found is None:
        raise EntryNotFound
    return found


def _require_active(entry: WaitlistEntry) -> None:
    if entry.status not in WaitlistEntry.ACTIVE:
        raise TransitionNotAllowed(_("This waitlist entry is over."))


def _members(venue_id: int, resource_id: int | None, group_id: int | None) -> list[Bookable]:
    """The resources that would serve. Raises ``NotFound`` for what the venue does not have."""
    known = catalog(venue_id)
    group = known.groups.get(group_id or 0)
    ids = group.member_ids if group and group.is_active else ()
    if resource_id is not None:
        ids = (resource_id,) if group_id is None else ()
    found = [known.bookables[each] for each in ids if each in known.bookables]
    if not found:
        raise NotFound(_("This venue has no such resource."))
    return found


def _check_wish(entry: WaitlistEntry, members: list[Bookable], booker: Booker, now: datetime) -> None:
    """Raises the first member's reason unless at least one of them may serve this wish some day."""
    if entry.earliest_time and entry.latest_time and entry.latest_time < entry.earliest_time:
        refuse("latest_time", _("Must not be before the earliest time."))
    broken = [next(_violations(entry, member, booker, now), None) for member in members]
    if None not in broken:
        raise_violation(broken[0])


def _violations(
    entry: WaitlistEntry, bookable: Bookable, booker: Booker, now: datetime
) -> Iterator[Violation]:
    if found := people_violation(bookable, booker, entry.party_size):
        yield found
    local = now.astimezone(bookable.zone)
    last = datetime.combine(entry.preferred_on, entry.latest_time or time.max, tzinfo=bookable.zone)
    if last < local:
        yield violation(Reason.PAST)
    advance = bookable.slot_rules.max_advance
    first = day_span(entry.preferred_on, str(bookable.zone))[0]
    if advance is not None and first > epoch_minute(now) + advance:
        yield violation(Reason.TOO_FAR)
    if reason := bookable.slot_rules.refuses_duration(entry.duration):
        yield violation(reason)


def _others(entry: WaitlistEntry) -> WaitlistQuerySet:
    """The same person's other active entries, none of which can appear or change before commit.

    Raises ``AlreadyWaiting`` when one of them is for the same thing, date and window.
    """
    keys = {f"waitlist:{key}" for key in (entry.customer_email, entry.customer_id) if key}
    for name in sorted(keys):
        lock_name(name)
    others = WaitlistEntry.objects.active().of_person(entry.customer_id, entry.customer_email)
    others = others.exclude(pk=entry.pk)
    same_thing = others.filter(resource=entry.resource_id, group=entry.group_id)
    window = {"earliest_time": entry.earliest_time, "latest_time": entry.latest_time}
    if same_thing.filter(preferred_on=entry.preferred_on, **window).exists():
        raise AlreadyWaiting
    return others


def _check_limit(theirs: WaitlistQuerySet, today: date) -> None:
    if theirs.filter(preferred_on__gte=today).count() >= MOST_ACTIVE:
        message = _("You are on as many waitlists as one person may be.")
        raise BookingRefused(message, code=Reason.LIMIT_REACHED)
