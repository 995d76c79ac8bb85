"""Facilitators: registering, being approved, and what they say of themselves."""

from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from uuid import uuid4

from django.core.files.base import File

from accounts.models import User
from classes.models import Facilitator, PayRate, Studio
from classes.services.paying import work_out_open, work_out_since
from classes.services.places import find_seat_rules, make_hidden
from classes.signals import tell_facilitator
from common.clock import now as clock_now
from common.transactions import lock_name, retried_atomic
from reservations.exceptions import TransitionNotAllowed
from resources.enums import ResourceKind, Role
from resources.models import Resource, Venue
from resources.old_pictures import forget_picture
from resources.services.team import give_role

LONGEST_NAME = 200
"""The names of accounts are longer."""


@retried_atomic
def register_facilitator(
    *,
    venue: Venue,
    user: User,
    name: str = "",
    bio: str = "",
    specialization: str = "",
    is_approved: bool = False,
    now: datetime | None = None,
) -> Facilitator:
    """Their profile at a venue; without rights until somebody approves it. The same one when asked again."""
    lock_name(f"facilitators:{venue.pk}")
    profile, is_new = Facilitator.objects.get_or_create(
        venue=venue,
        user=user,
        defaults={
            "name": (name or user.get_full_name() or _name_by_email(user))[:LONGEST_NAME],
            "bio": bio,
            "specialization": specialization,
            "created_at": now or clock_now(),
        },
    )
    if is_approved:
        return _approve(profile, now)
    if is_new:
        tell_facilitator(profile)
    return profile


def _name_by_email(user: User) -> str:
    """Everybody reads the name of who teaches, so never the whole address."""
    return user.email.partition("@")[0]


@retried_atomic
def approve_facilitator(*, facilitator: Facilitator, now: datetime | None = None) -> Facilitator:
    """From now on they have sessions, and the role at the venue unless they have a higher one."""
    if facilitator.is_approved:
        return facilitator
    _approve(facilitator, now)
    tell_facilitator(facilitator)
    return facilitator


def _approve(facilitator: Facilitator, now: datetime | None) -> Facilitator:
    if facilitator.is_approved:
        return facilitator
    venue, user = facilitator.venue, facilitator.user
    facilitator.resource = _find_time(facilitator) or make_hidden(
        venue, find_seat_rules(venue), facilitator.name, ResourceKind.PERSON, person=user
    )
    give_role(venue.pk, user, Role.FACILITATOR)
    facilitator.approved_at = now or clock_now()
    facilitator.save(update_fields=["resource", "approved_at"])
    return facilitator


@retried_atomic
def decline_facilitator(*, facilitator: Facilitator) -> None:
    """Their profile goes; they may ask again. Raises ``TransitionNotAllowed`` for who is approved already."""
    rows = Facilitator.objects.select_for_update().filter(pk=facilitator.pk)
    current = rows.order_by().first()
    if current is None:
        return
    if current.is_approved or current.resource_id:
        raise TransitionNotAllowed
    current.delete()


def _find_time(facilitator: Facilitator) -> Resource | None:
    """Whoever can be booked alone has a resource already."""
    rows = Resource.objects.filter(venue=facilitator.venue_id, person=facilitator.user_id)
    return rows.filter(kind=ResourceKind.PERSON, facilitator=None).order_by("pk").first()


def change_profile(
    *,
    facilitator: Facilitator,
    name: str | None = None,
    bio: str | None = None,
    specialization: str | None = None,
    is_public: bool | None = None,
    default_place: Studio | None = None,
) -> Facilitator:
    """What they say of themselves; None keeps what is there."""
    given = {
        "name": name,
        "bio": bio,
        "specialization": specialization,
        "is_public": is_public,
        "default_place": default_place,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    for field, value in changes.items():
        setattr(facilitator, field, value)
    if changes:
        facilitator.save(update_fields=[*changes])
    return facilitator


@retried_atomic
def set_photo(*, facilitator: Facilitator, photo: File[Any] | None) -> Facilitator:
    """The one before leaves the disk. Its name tells nothing of whose it is."""
    before = str(facilitator.photo)
    if photo is not None:
        photo.name = f"{uuid4().hex}{PurePath(photo.name or '').suffix.lower()[:5]}"
    facilitator.photo = photo or ""
    facilitator.save(update_fields=["photo"])
    forget_picture(before)
    return facilitator


@retried_atomic
def set_pay_rate(
    *, facilitator: Facilitator, pay_rate: PayRate | None, since: date | None = None
) -> Facilitator:
    """For managers: what is not settled yet is worked out by it.

    ``since``: also what was over when they had none, from that day on.
    """
    facilitator.pay_rate = pay_rate
    facilitator.save(update_fields=["pay_rate"])
    work_out_open([facilitator.pk])
    if since is not None:
        work_out_since(facilitator, since)
    return facilitator


def follow_pay_rate(pay_rate: PayRate) -> int:
    """After it has changed: what is not settled yet of those who are paid by it; how much of it there is."""
    return work_out_open(list(pay_rate.facilitators.order_by("pk").values_list("pk", flat=True)))
