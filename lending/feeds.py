"""When what somebody has must be back: in their own calendar, as a feed and by mail."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from calendars.feeds import alarm_of
from calendars.ical import IcalEvent, Participant, uid_host
from calendars.ical_rows import CALLED_OFF, Reader, organizer
from calendars.invitation_mails import add_invitation
from calendars.invitations import make_file
from calendars.kinds import FeedChoice, FeedKind, kinds
from calendars.models import CalendarFeed
from common.postal import one_line
from common.venues import directory
from lending.enums import HAVING, PRODUCT, Status
from lending.links import loan_path
from lending.messages.names import LoanMessage
from lending.messages.values import name_thing
from lending.models import Loan
from notifications.kinds import attachments
from notifications.models import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from accounts.models import User
    from resources.models import Resource, Venue

KIND = "loans"
SHOWN_LENGTH = timedelta(minutes=15)
"""A date that has to be kept is no appointment; programs want a length all the same."""
ATTACHED = frozenset(
    {
        *(LoanMessage.APPROVED, LoanMessage.RECALLED, LoanMessage.RETURNED),
        *(LoanMessage.RENEWED, LoanMessage.SWAPPED),
    }
)


class DueDates:
    def select(self, feed: CalendarFeed, first: datetime, last: datetime) -> "QuerySet[Any]":
        loans = Loan.objects.for_display().filter(borrower=feed.owner_id, status__in=HAVING)
        return loans.filter(due_at__gt=first, due_at__lt=last).order_by("due_at", "pk")

    def make_event(self, row: Loan, reader: Reader) -> IcalEvent:
        return make_due_event(row, reader)


def make_due_event(loan: Loan, reader: Reader) -> IcalEvent:
    if loan.due_at is None:
        raise ValueError(f"Loan {loan.pk} has no date in a calendar.")
    url, venue = f"{settings.SITE_URL}{loan_path(loan.uuid)}", loan.venue
    return IcalEvent(
        uid=f"loan-{loan.uuid}@{uid_host(settings.SITE_URL)}",
        summary=_("Return %(what)s") % {"what": name_thing(loan)},
        starts_at=loan.due_at - SHOWN_LENGTH,
        ends_at=loan.due_at,
        zone=venue.zone_name,
        stamp=loan.updated_at,
        sequence=loan.version - 1,
        created=loan.requested_at,
        is_opaque=False,
        location=", ".join(part for part in (venue.name, one_line(venue)) if part),
        description=_("View or renew: %s") % url,
        url=url,
        organizer=organizer(venue.name, venue.email),
        alarm=reader.alarm,
    )


def attach_due_date(mail: EmailMultiAlternatives, message: Message) -> None:
    """As it is now; what is back leaves the calendar again."""
    told = message.about if message.kind in ATTACHED else None
    if told is None or told.loan.due_at is None:
        return
    is_back = told.loan.status == Status.RETURNED
    with override(message.language or settings.LANGUAGE_CODE):
        event = make_due_event(told.loan, Reader(is_own=True, alarm=alarm_of(told.customer)))
    event = replace(event, attendee=Participant(told.customer_name, told.customer_email))
    if is_back:
        event = replace(event, status=CALLED_OFF, alarm=None)
    method: Literal["CANCEL", "REQUEST"] = "CANCEL" if is_back else "REQUEST"
    add_invitation(mail, make_file(event, method))


def _has_account(user: "User | AnonymousUser", resource: "Resource | None", venue: "Venue | None") -> bool:
    return bool(user.pk)


def _no_reservations(feed: CalendarFeed) -> Q:
    return Q(pk__in=())


def _choices(user: "User", venues: "Sequence[Venue]") -> "Iterable[FeedChoice]":
    is_lent = bool(directory().offering(PRODUCT))
    return [FeedChoice(KIND, _("What I have to return"), KIND)] if is_lent else []


def register() -> None:
    label = gettext_lazy("What I have to return")
    kind = FeedKind(label, _has_account, _no_reservations, _choices, is_own=True, dates=DueDates())
    kinds.register(KIND, kind)
    attachments.register(KIND, attach_due_date)
