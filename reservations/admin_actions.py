"""What the admin's list of bookings can do to many of them, and what it says beforehand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from operator import attrgetter

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.admin_actions import Question
from accounts.admin_clock import other_zone
from common.clock import now as clock_now
from common.errors import DomainError
from common.templatetags.holdfast import clock_after, moment, money
from common.transactions import rehearsal
from payments.exceptions import NothingDue
from reservations.domain.history import find_former_status
from reservations.domain.naming import name_with_places
from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.exceptions import TransitionNotAllowed
from reservations.messages.undoing import TIME_TO_UNDO
from reservations.models import Reservation
from reservations.selectors import balance, payment_summary
from reservations.services import (
    cancel_reservation,
    cancellation_preview,
    check_in,
    complete_reservation,
    confirm_reservation,
    decline_reservation,
    mark_no_show,
    record_payment,
    renew_link,
    undo_attendance,
)

Act = Callable[[Reservation, Actor, str], object]
Texts = Iterator[str | Promise]


@dataclass(frozen=True, slots=True)
class BulkAction:
    """``act`` is given the row in the version that was shown, and the reason.

    ``tell`` says what it would do to one; without it the action is done at once.
    """

    label: str | Promise
    act: Act
    tell: Callable[[Reservation], Texts] | None = None
    has_reason: bool = False

    def carry_out(self, reservation: Reservation, actor: Actor, reason: str) -> None:
        """Raises ``DomainError``, also where it would change nothing."""
        result = self.act(reservation, actor, reason)
        if isinstance(result, Reservation) and _versions(result) == _versions(reservation):
            raise TransitionNotAllowed

    def question_for(self, name: str, actor: Actor) -> Question | None:
        if self.tell is None:
            return None
        describe = partial(self._describe, actor)
        return Question(name, self.label, describe, self.has_reason, attrgetter("version"))

    def _describe(self, actor: Actor, reservation: Reservation) -> Texts:
        start, end = reservation.local_start, reservation.local_end
        who = reservation.who or reservation.title
        places = name_with_places(reservation)
        when = f"{moment(start)}–{clock_after(end, start)}{other_zone(start)}"
        yield f"{when} · {places} · {who}"
        # Tried and undone: nobody is promised what would be refused.
        try:
            with rehearsal(dry_run=True):
                self.carry_out(reservation, actor, "")
        except TransitionNotAllowed:
            yield NOT_POSSIBLE % {"reason": reservation.get_status_display()}
        except DomainError as error:
            yield NOT_POSSIBLE % {"reason": error.in_words}
        else:
            yield from self.tell(reservation) if self.tell else ()


def _versions(reservation: Reservation) -> tuple[int, int]:
    return reservation.version, reservation.link_version


NOT_POSSIBLE = _("Not possible: %(reason)s")
NO_ADDRESS = _("No email address, so nobody is notified")


def _mail(reservation: Reservation) -> Texts:
    if reservation.customer_email:
        yield _("Email to %(address)s") % {"address": reservation.customer_email}
    elif reservation.who:
        yield NO_ADDRESS


def _tell_new_link(reservation: Reservation) -> Texts:
    yield _("The link in earlier emails stops working")
    if reservation.customer_email:
        yield _("Email with a new link to %(address)s") % {"address": reservation.customer_email}
    elif reservation.who:
        yield NO_ADDRESS


def _mail_later(reservation: Reservation) -> Texts:
    if reservation.customer_email:
        values = {"address": reservation.customer_email, "minutes": TIME_TO_UNDO // timedelta(minutes=1)}
        yield _("Email to %(address)s in %(minutes)d minutes, unless you undo it") % values
    elif reservation.who:
        yield NO_ADDRESS


def _tell_declined(reservation: Reservation) -> Texts:
    if (before := reservation.local_start_before) and before > clock_now():
        yield _("Back to %(before)s, if still available") % {
            "before": f"{moment(before)}{other_zone(before)}"
        }
    else:
        fee = min(reservation.minimum_fee, balance(reservation))
        yield _refund_text(balance(reservation) - fee, reservation)
    yield from _mail(reservation)


def _tell_cancelled(reservation: Reservation, *, waive_fee: bool = False) -> Texts:
    terms = cancellation_preview(reservation, now=clock_now(), waive_fee=waive_fee)
    yield _("Fee %(fee)s") % {"fee": money(terms.fee, terms.currency)}
    yield _refund_text(terms.refund, reservation)
    yield from _mail(reservation)


def _tell_cancelled_free(reservation: Reservation) -> Texts:
    return _tell_cancelled(reservation, waive_fee=True)


def _refund_text(amount: Decimal, reservation: Reservation) -> str:
    return _("Refund %(amount)s") % {"amount": money(amount, reservation.currency)}


def _tell_missed(reservation: Reservation) -> Texts:
    yield _("Frees up the remaining time")
    yield from _mail_later(reservation)


def _tell_paid(reservation: Reservation) -> Texts:
    due = payment_summary(reservation).due
    yield _("Records a payment of %(amount)s") % {"amount": money(due, reservation.currency)}
    yield from _mail(reservation)


def _tell_taken_back(reservation: Reservation) -> Texts:
    former = find_former_status(reservation)
    yield _("From “%(now)s” back to “%(before)s”") % {
        "now": reservation.get_status_display(),
        "before": former.label if former else "",
    }
    if reservation.status == Status.NO_SHOW:
        yield _("Books the time again, if still available")


def _confirm(reservation: Reservation, actor: Actor, reason: str) -> object:
    return confirm_reservation(reservation_id=reservation.pk, actor=actor)


def _decline(reservation: Reservation, actor: Actor, reason: str) -> object:
    return decline_reservation(
        reservation_id=reservation.pk, actor=actor, reason=reason, version=reservation.version
    )


def _cancel(reservation: Reservation, actor: Actor, reason: str) -> object:
    cancelled, _terms = cancel_reservation(
        reservation_id=reservation.pk, actor=actor, reason=reason, version=reservation.version
    )
    return cancelled


def _cancel_free(reservation: Reservation, actor: Actor, reason: str) -> object:
    cancelled, _terms = cancel_reservation(
        reservation_id=reservation.pk,
        actor=actor,
        reason=reason,
        waive_fee=True,
        version=reservation.version,
    )
    return cancelled


def _arrive(reservation: Reservation, actor: Actor, reason: str) -> object:
    return check_in(reservation_id=reservation.pk, actor=actor)


def _complete(reservation: Reservation, actor: Actor, reason: str) -> object:
    return complete_reservation(reservation_id=reservation.pk, actor=actor)


def _miss(reservation: Reservation, actor: Actor, reason: str) -> object:
    return mark_no_show(reservation_id=reservation.pk, actor=actor)


def _undo(reservation: Reservation, actor: Actor, reason: str) -> object:
    return undo_attendance(reservation_id=reservation.pk, actor=actor, version=reservation.version)


def _pay(reservation: Reservation, actor: Actor, reason: str) -> object:
    due = payment_summary(reservation).due
    if due <= 0:
        raise NothingDue
    return record_payment(reservation_id=reservation.pk, amount=due, actor=actor)


def _renew_link(reservation: Reservation, actor: Actor, reason: str) -> object:
    return renew_link(reservation_id=reservation.pk)


ACTIONS = {
    "confirm": BulkAction(_("Confirm"), _confirm, _mail),
    "decline": BulkAction(_("Decline"), _decline, _tell_declined, has_reason=True),
    "cancel": BulkAction(_("Cancel with the usual fee"), _cancel, _tell_cancelled, has_reason=True),
    "cancel_free": BulkAction(_("Cancel without a fee"), _cancel_free, _tell_cancelled_free, has_reason=True),
    "arrive": BulkAction(_("Check in"), _arrive, _mail_later),
    "complete": BulkAction(_("Complete"), _complete),
    "no_show": BulkAction(_("Mark as no-show"), _miss, _tell_missed),
    "undo": BulkAction(_("Undo check-in, completion or no-show"), _undo, _tell_taken_back),
    "renew_link": BulkAction(_("Revoke the secret link"), _renew_link, _tell_new_link),
    "pay": BulkAction(_("Record payment of the full amount due"), _pay, _tell_paid),
}
