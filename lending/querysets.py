from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from common.second_factor import is_administrator
from common.venues import MANAGING
from lending.enums import HAVING, LIVE, OCCUPYING, Status
from reservations.enums import Status as Occupancy
from reservations.models import Reservation
from reservations.scopes import led_by
from resources.enums import Role
from resources.permissions import roles_of

if TYPE_CHECKING:
    from accounts.models import User
    from lending.models import Loan, Queue  # noqa: F401  (named in strings)


class LoanQuerySet(models.QuerySet["Loan"]):
    def live(self) -> Self:
        return self.filter(status__in=LIVE)

    def waiting(self) -> Self:
        """In a queue; requests for dates wait for staff alone."""
        return self.filter(status=Status.REQUESTED, wanted_from=None)

    def having(self) -> Self:
        return self.filter(status__in=HAVING)

    def occupying(self) -> Self:
        return self.filter(status__in=OCCUPYING)

    def out(self) -> Self:
        return self.filter(status=Status.OUT)

    def overdue(self, now: datetime) -> Self:
        return self.out().filter(due_at__lt=now)

    def not_back(self, now: datetime) -> Self:
        """Overdue, or lost; of a lost copy the unit has left service with it."""
        is_late = Q(status=Status.OUT, due_at__lt=now)
        is_gone = Q(status=Status.LOST, reservation__status=Occupancy.CHECKED_IN)
        return self.filter(is_late | is_gone)

    def to_begin(self, now: datetime) -> Self:
        """Their dates are now, and they have not got it yet."""
        has_come = self.filter(status=Status.APPROVED, reservation__starts_at__lte=now, due_at__gt=now)
        return has_come.filter(Q(wanted_from__isnull=False) | Q(valid_until=None))

    def to_have(self, now: datetime) -> Self:
        """Their dates are now, and what they booked was not there yet."""
        return self.to_begin(now).filter(valid_until=None)

    def perhaps_to_have(self, now: datetime) -> Self:
        """All of ``to_have`` and some more: what a loan's own row can tell, for what every change asks.

        What is booked for dates never begins before them.
        """
        has_come = Q(wanted_from__lte=now) | Q(wanted_from=None)
        return self.filter(has_come, status=Status.APPROVED, valid_until=None, due_at__gt=now)

    def in_arrival_order(self) -> Self:
        return self.order_by("-priority", "seq", "pk")

    def for_display(self) -> Self:
        return self.select_related("venue", "resource", "group", "borrower", "copy", "reservation")

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """One's own; all of a venue for its staff; facilitators see those of what they lead."""
        if not user.pk:
            return self.none()
        if is_administrator(user):
            return self
        roles = roles_of(user)
        managed = [venue_id for venue_id, role in roles.items() if role in MANAGING]
        led = [venue_id for venue_id, role in roles.items() if role == Role.FACILITATOR]
        is_seen = Q(borrower=user.pk) | Q(venue_id__in=managed)
        if led:
            theirs = Reservation.objects.filter(led_by(user, managed=True), venue_id__in=led)
            is_seen |= Q(Exists(theirs.filter(pk=OuterRef("reservation"))))
        return self.filter(is_seen)


class QueueQuerySet(models.QuerySet["Queue"]):
    def with_waiting(self) -> Self:
        loans = apps.get_model("lending", "Loan")._base_manager
        waiting = loans.filter(queue=OuterRef("pk"), status=Status.REQUESTED, wanted_from=None).order_by()
        return self.filter(Exists(waiting))

    def to_look_at(self, now: datetime) -> Self:
        """Something may have come free: by the hour, or by another configuration."""
        is_due = Q(look_at__lte=now) | Q(look_at=None) | ~Q(config_stamp=F("venue__config_stamp"))
        return self.with_waiting().filter(is_due)
