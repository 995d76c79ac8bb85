from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import privacy
from accounts.privacy import Person, Traces
from classes.models import Facilitator, Pass, SeatBooking, Session
from classes.pass_balance import count_left
from classes.querysets import SeatBookingQuerySet
from common import clock
from reservations.privacy import reservations_of_person
from resources.models import Resource
from resources.old_pictures import forget_picture

FORMER_TEACHER = "Former teacher"


def seats_of_person(person: Person) -> SeatBookingQuerySet:
    """Those whose bookings are theirs."""
    return SeatBooking.objects.filter(reservation__in=reservations_of_person(person).order_by().values("pk"))


def _describe_seat(seat: SeatBooking) -> dict[str, Any]:
    return {
        "session": seat.session.title,
        "venue": seat.session.venue.name,
        "starts_at": seat.session.starts_at,
        "people": seat.seats,
        "notes": seat.notes,
        "tier": seat.tier.name if seat.tier else "",
        "attendance": seat.attendance,
        "booked_at": seat.created_at,
        "instalments": [
            {"due_on": part.due_on, "amount": part.amount, "status": part.status}
            for part in seat.instalments.all()
        ],
    }


def _with_parts(seats: SeatBookingQuerySet) -> SeatBookingQuerySet:
    return seats.prefetch_related("instalments").order_by("pk")


def _describe_pass(sold: Pass, left: int) -> dict[str, Any]:
    return {
        "kind": sold.kind.name,
        "venue": sold.kind.venue.name,
        "credits": sold.credits,
        "left": left,
        "price": sold.price,
        "expires_on": sold.expires_on,
        "sold_at": sold.sold_at,
    }


def _describe_profile(profile: Facilitator) -> dict[str, Any]:
    names = ("name", "bio", "specialization", "is_public", "approved_at", "created_at")
    columns = {name: getattr(profile, name) for name in names}
    columns["photo"] = profile.photo.url if profile.photo else ""
    return columns | {"venue": profile.venue.name, "sessions": profile.sessions.count()}


class ClassesPart(privacy.Part):
    sections = {"classes": "With attendance and instalments", "passes": "", "facilitator_profiles": ""}
    covers = ("classes.SeatBooking.customer", "classes.Pass.customer", "classes.Facilitator.user")
    left_out = {
        "classes.Payout.settled_by": "What somebody paid out tells of the others.",
        "classes.HistoricalClassType.history_user": "Work for a venue, not personal use.",
        "classes.HistoricalPassKind.history_user": "Work for a venue, not personal use.",
        "classes.HistoricalPayRate.history_user": "Work for a venue, not personal use.",
    }

    def read(self, person: Person) -> dict[str, Any]:
        seats = seats_of_person(person).select_related("session__venue", "tier")
        passes = list(_passes_of(person).select_related("kind__venue").order_by("pk"))
        left = count_left(passes)
        profiles = _profiles_of(person).select_related("venue").order_by("pk")
        return {
            "classes": [_describe_seat(seat) for seat in _with_parts(seats)],
            "passes": [_describe_pass(sold, left[sold.pk]) for sold in passes],
            "facilitator_profiles": [_describe_profile(profile) for profile in profiles],
        }

    def obstacles(self, person: Person) -> list[str]:
        leading = Session.objects.active().filter(facilitator__in=_profiles_of(person))
        number = leading.filter(ends_at__gt=clock.now()).count()
        sentence = ngettext(
            "You still lead %(number)d session. Find a substitute or cancel it first.",
            "You still lead %(number)d sessions. Find substitutes or cancel them first.",
            number,
        ) % {"number": number}
        return [sentence] if number else []

    def losses(self, person: Person) -> list[str]:
        passes = list(_passes_of(person).filter(ended_at=None, expires_on__gte=clock.now().date()))
        credits = sum(count_left(passes).values())
        return [_("%(number)d credits of your passes.") % {"number": credits}] if credits else []

    def erase(self, person: Person, traces: Traces) -> None:
        seats = seats_of_person(person)
        is_named = Q(guest_key=person.email) if person.email else Q(pk__in=())
        named = SeatBooking.objects.filter(is_named)
        named = named.filter(venue=person.venue_id) if person.venue_id else named
        for rows in (seats, named):
            rows.update(guest_key="", notes="")
        profiles = _profiles_of(person)
        for name in profiles.values_list("photo", flat=True):
            forget_picture(name)
        # Whoever has only asked to teach leaves nothing that staff could still approve.
        profiles.filter(approved_at=None).delete()
        _forget_names(profiles)
        profiles.update(name="", bio="", specialization="", photo="", is_public=False)


def _forget_names(profiles: QuerySet[Facilitator]) -> None:
    """The time of somebody was called by their name; a place that can be booked alone is the venue's."""
    for id in profiles.filter(resource__is_listed=False).values_list("resource", flat=True):
        nobody = {"name": FORMER_TEACHER, "slug": f"former-teacher-{id}"}
        Resource.objects.filter(pk=id).update(**nobody)
        Resource.history.filter(id=id).update(**nobody)


def _passes_of(person: Person) -> Any:
    if person.only or person.account is None:
        return Pass.objects.none()
    rows = Pass.objects.filter(customer=person.account)
    return rows.filter(venue=person.venue_id) if person.venue_id else rows


def _profiles_of(person: Person) -> Any:
    if person.only or person.account is None or person.venue_id:
        return Facilitator.objects.none()
    return Facilitator.objects.filter(user=person.account)
