"""What the admin's list of bookings can do to many of them, and what it says beforehand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.admin_actions import Question
from accounts.admin_clock import other_zone
from common.clock import now as clock_now
from common.templatetags.holdfast import clock_after, moment, money
from reservations.domain.history import find_former_status
from reservations.domain.naming import name_with_places
from reservations.domain.values import Actor
from reservations.enums import CANCELLABLE, Status
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

    Without a ``question`` it is done at once.
    """

    label: str | Promise
    act: Act
    question: Question | None = None


def _asked(
    name: str, label: Promise, act: Act, tell: Callable[[Reservation], Texts], reason: bool = False
) -> BulkAction:
    def describe(reservation: Reservation) -> Texts:
        start, end = reservation.local_start, reservation.local_end
        who = reservation.who or reservation.title
        places = name_with_places(reservation)
        when = f"{moment(start)}–{clock_after(end, start)}{other_zone(start)}"
        yield f"{when} · {places} · {who}"
        yield from tell(reservation)

    return BulkAction(label, act, Question(name, label, describe, reason, attrgetter("version")))


NO_ADDRESS = _("No email address: nobody is told")


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
        yield _("Email to %(address)s in %(minutes)d minutes, unless you take it back") % values
    elif reservation.who:
        yield NO_ADDRESS


def _tell_declined(reservation: Reservation) -> Texts:
    if (before := reservation.local_start_before) and before > clock_now():
        yield _("Back to %(before)s, while that is available") % {
            "before": f"{moment(before)}{other_zone(before)}"
        }
    else:
        fee = min(reservation.minimum_fee, balance(reservation))
        yield _refund_text(balance(reservation) - fee, reservation)
    yield from _mail(reservation)


def _tell_cancelled(reservation: Reservation, *, waive_fee: bool = False) -> Texts:
    if reservation.status not in CANCELLABLE:
        yield _("Cannot be cancelled: %(status)s") % {"status": reservation.get_status_display()}
        return
    terms = cancellation_preview(reservation, now=clock_now(), waive_fee=waive_fee)
    yield _("Fee %(fee)s") % {"fee": money(terms.fee, terms.currency)}
    yield _refund_text(terms.refund, reservation)
    yield from _mail(reservation)


def _tell_cancelled_free(reservation: Reservation) -> Texts:
    return _tell_cancelled(reservation, waive_fee=True)


def _refund_text(amount: Decimal, reservation: Reservation) -> str:
    return _("Refund %(amount)s") % {"amount": money(amount, reservation.currency)}


def _tell_missed(reservation: Reservation) -> Texts:
    yield _("Frees the rest of the time")
    yield from _mail_later(reservation)


def _tell_paid(reservation: Reservation) -> Texts:
    due = payment_summary(reservation).due
    yield _("Records a payment of %(amount)s") % {"amount": money(due, reservation.currency)}
    yield from _mail(reservation)


def _tell_taken_back(reservation: Reservation) -> Texts:
    former = find_former_status(reservation)
    if former is None:
        yield _("Nothing to take back: %(status)s") % {"status": reservation.get_status_display()}
        return
    yield _("From “%(now)s” back to “%(before)s”") % {
        "now": reservation.get_status_display(),
        "before": former.label,
    }
    if reservation.status == Status.NO_SHOW:
        yield _("Takes the time again, if it is still available")


def _confirm(reservation: Reservation, actor: Actor, reason: str) -> object:
    return confirm_reservation(reservation_id=reservation.pk, actor=actor)


def _decline(reservation: Reservation, actor: Actor, reason: str) -> object:
    return decline_reservation(
        reservation_id=reservation.pk, actor=actor, reason=reason, version=reservation.version
    )


def _cancel(reservation: Reservation, actor: Actor, reason: str) -> object:
    return cancel_reservation(
        reservation_id=reservation.pk, actor=actor, reason=reason, version=reservation.version
    )


def _cancel_free(reservation: Reservation, actor: Actor, reason: str) -> object:
    return cancel_reservation(
        reservation_id=reservation.pk,
        actor=actor,
        reason=reason,
        waive_fee=True,
        version=reservation.version,
    )


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
    return record_payment(reservation_id=reservation.pk, amount=due, actor=actor)


def _renew_link(reservation: Reservation, actor: Actor, reason: str) -> object:
    return renew_link(reservation_id=reservation.pk)


ACTIONS = {
    "confirm": _asked("confirm", _("Confirm"), _confirm, _mail),
    "decline": _asked("decline", _("Decline"), _decline, _tell_declined, reason=True),
    "cancel": _asked("cancel", _("Cancel under the policy"), _cancel, _tell_cancelled, reason=True),
    "cancel_free": _asked(
        "cancel_free", _("Cancel without a fee"), _cancel_free, _tell_cancelled_free, reason=True
    ),
    "arrive": _asked("arrive", _("Check in"), _arrive, _mail_later),
    "complete": BulkAction(_("Complete"), _complete),
    "no_show": _asked("no_show", _("Nobody came"), _miss, _tell_missed),
    "undo": _asked("undo", _("Take back check-in, completion or no-show"), _undo, _tell_taken_back),
    "renew_link": _asked("renew_link", _("Revoke the secret link"), _renew_link, _tell_new_link),
    "pay": _asked("pay", _("Record payment of all that is due"), _pay, _tell_paid),
}
