"""What pages say of loans: waits, times and reasons, in words."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from babel.lists import format_list
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.templatetags.holdfast import babel_locale, clock, minutes, moment, short_day
from lending.enums import Approval, Kind, ReturnBy, Skip
from lending.estimating import Range
from lending.models import Loan, LoanEvent
from lending.policies import Grant, Terms
from lending.selectors import Expectation
from reservations.enums import Source
from scheduling.zones import from_minute

SOON_MINUTES, SOON_HOURS = 90, 48 * 60
FIVE, HOUR, DAY = 5, 60, 1440
MOST_CHOICES = 2
"""Names of things any of which will do; one more than that is named, too."""

ONE: dict[int, str | Promise] = {
    1: gettext_lazy("Press “Keep it” every minute, or it goes to the next person."),
    HOUR: gettext_lazy("Press “Keep it” every hour, or it goes to the next person."),
    DAY: gettext_lazy("Press “Keep it” every day, or it goes to the next person."),
}
"""Nobody says "every 1 minute"."""
SKIPPED: dict[str, str | Promise] = {
    Skip.INACTIVE: gettext_lazy("Your account is closed or suspended. You keep your place."),
    Skip.MEMBERS_ONLY: gettext_lazy("Only members can have it. You keep your place."),
    Skip.OVERDUE: gettext_lazy("You have something overdue. Bring it back: until then others go first."),
    Skip.MAX_OUT: gettext_lazy("You have as many as one person can. Return one: until then others go first."),
    Skip.SUSPENDED: gettext_lazy("Paused. Others go first until you resume."),
    Skip.MORE_UNITS: gettext_lazy("You want more than was free, so someone who needs fewer went first."),
    Skip.TOO_MANY: gettext_lazy("You want more than there are now. You keep your place."),
    Skip.FAILED: gettext_lazy("Something went wrong on our side. We'll try again."),
}
HAPPENED: dict[str, str | Promise] = {
    Kind.REQUESTED: gettext_lazy("Requested"),
    Kind.IN_TURN: gettext_lazy("Next in line: staff decide"),
    Kind.APPROVED: gettext_lazy("Approved"),
    Kind.DECLINED: gettext_lazy("Declined"),
    Kind.HANDED_OUT: gettext_lazy("Handed out"),
    Kind.RENEWED: gettext_lazy("Renewed"),
    Kind.RECALLED: gettext_lazy("Asked back early"),
    Kind.OVERDUE: gettext_lazy("Overdue"),
    Kind.AT_RISK: gettext_lazy("Someone else has booked it next"),
    Kind.RETURNED: gettext_lazy("Returned"),
    Kind.FORCED: gettext_lazy("Taken back"),
    Kind.LAPSED: gettext_lazy("Returned because its time ran out"),
    Kind.CANCELLED: gettext_lazy("Cancelled"),
    Kind.EXPIRED: gettext_lazy("Expired"),
    Kind.LOST: gettext_lazy("Reported lost"),
    Kind.FOUND: gettext_lazy("Found again"),
    Kind.SUSPENDED: gettext_lazy("Paused"),
    Kind.RESUMED: gettext_lazy("Resumed"),
    Kind.MOVED: gettext_lazy("Moved in the queue"),
    Kind.SWAPPED: gettext_lazy("Swapped for another one"),
    Kind.EDITED: gettext_lazy("Details changed"),
}


def time_text(at: datetime, zone: tzinfo, *, short: bool = False) -> str:
    """With its day, also today: it may be read tomorrow. ``short``: without the year, for a wall."""
    local = at.astimezone(zone)
    return f"{short_day(local)}, {clock(local)}" if short else moment(local)


def describe_choice(names: Sequence[str]) -> str:
    """Bench A, Bench B or Bench C; Bench A, Bench B or 5 others."""
    others = len(names) - MOST_CHOICES
    shown = [*names[:MOST_CHOICES]]
    if others == 1:
        shown.append(names[-1])
    elif others > 1:
        shown.append(ngettext("%(number)d other", "%(number)d others", others) % {"number": others})
    return str(format_list(shown, style="or", locale=babel_locale()))


def describe_wait(
    expected: Expectation | None, now: datetime, zone: tzinfo, *, is_approved: bool = False
) -> str:
    """A range, or by when at the latest; empty where nobody can tell. ``is_approved``: by staff, then."""
    if expected is None:
        return ""
    parts = [describe_range(expected.likely)] if expected.likely else []
    if expected.sure is not None and expected.sure > now:
        parts.append(_("by %(time)s at the latest") % {"time": time_text(expected.sure, zone)})
    return add_approval(", ".join(parts)) if is_approved else ", ".join(parts)


def add_approval(wait: str) -> str:
    """No date is promised that staff may refuse."""
    return _("%(wait)s, then staff decide") % {"wait": wait} if wait else ""


def describe_range(found: Range) -> str:
    """Half of the waits were shorter than its beginning, nine of ten than its end."""
    most = max(found.most, 1)
    if most < SOON_MINUTES:
        return _range_of_minutes(_round(found.median, FIVE) * FIVE, max(_round(most, FIVE), 1) * FIVE)
    if most < SOON_HOURS:
        return _range_of_hours(_round(found.median, HOUR), _round(most, HOUR))
    return _range_of_days(_round(found.median, DAY), _round(most, DAY))


def _round(value: int, unit: int) -> int:
    return (value + unit // 2) // unit


def _range_of_minutes(least: int, most: int) -> str:
    if not least:
        return ngettext("usually up to %(most)d minute", "usually up to %(most)d minutes", most) % {
            "most": most
        }
    if least == most:
        return ngettext("usually about %(most)d minute", "usually about %(most)d minutes", most) % {
            "most": most
        }
    return _("usually %(least)d–%(most)d minutes") % {"least": least, "most": most}


def _range_of_hours(least: int, most: int) -> str:
    if not least:
        return ngettext("usually up to %(most)d hour", "usually up to %(most)d hours", most) % {"most": most}
    if least == most:
        return ngettext("usually about %(most)d hour", "usually about %(most)d hours", most) % {"most": most}
    return _("usually %(least)d–%(most)d hours") % {"least": least, "most": most}


def _range_of_days(least: int, most: int) -> str:
    if not least:
        return ngettext("usually up to %(most)d day", "usually up to %(most)d days", most) % {"most": most}
    if least == most:
        return ngettext("usually about %(most)d day", "usually about %(most)d days", most) % {"most": most}
    return _("usually %(least)d–%(most)d days") % {"least": least, "most": most}


def describe_grant(granted: Grant, zone: tzinfo) -> str:
    """Until when somebody would have it who asks now."""
    if granted.due is None:
        return _("Yours as long as you need it.")
    return _("Yours until %(time)s.") % {"time": time_text(from_minute(granted.due), zone)}


def describe_terms(terms: Terms) -> list[str]:
    """What whoever borrows has to know."""
    lines = [
        _("For %(length)s.") % {"length": minutes(terms.loan_period)} if terms.loan_period else "",
        _("%(length)s at most.") % {"length": minutes(terms.longest)} if terms.longest else "",
        _describe_lease(terms),
        _("Pick it up within %(length)s.") % {"length": minutes(terms.pickup_window)}
        if terms.pickup_window
        else "",
        _("Staff approve every loan.") if terms.approval == Approval.MANUAL else "",
        _describe_renewals(terms),
        _("Staff confirm returns. Hand it back at the desk.") if terms.return_by == ReturnBy.STAFF else "",
        ngettext("%(most)d at a time for each person.", "%(most)d at a time for each person.", terms.max_out)
        % {"most": terms.max_out}
        if terms.max_out
        else "",
    ]
    return [line for line in lines if line]


def _describe_lease(terms: Terms) -> str:
    if not terms.lease:
        return ""
    if terms.lease in ONE:
        return str(ONE[terms.lease])
    text = _("Press “Keep it” every %(length)s, or it goes to the next person.")
    return text % {"length": minutes(terms.lease)}


def _describe_renewals(terms: Terms) -> str:
    if terms.loan_period is None and terms.longest is None:
        return ""
    if not terms.renewals:
        return _("It can't be renewed.")
    text = ngettext(
        "You can renew it once while nobody waits.",
        "You can renew it %(times)d times while nobody waits.",
        terms.renewals,
    )
    return text % {"times": terms.renewals}


def describe_skip(loan: Loan) -> str:
    return str(SKIPPED.get(loan.skip_reason, ""))


def list_history(loan: Loan, events: Iterable[LoanEvent]) -> list[dict[str, object]]:
    """The latest last. Who of the staff it was is nobody else's business."""
    return [
        {
            "at": event.at.astimezone(loan.venue.zone),
            "what": HAPPENED[event.kind],
            "by": _by(loan, event),
            "why": _why(event),
        }
        for event in events
        if event.kind in HAPPENED
    ]


def _by(loan: Loan, event: LoanEvent) -> str:
    if event.source == Source.SYSTEM or event.actor_id is None:
        return _("automatically")
    return "" if event.actor_id == loan.borrower_id else _("by staff")


def _why(event: LoanEvent) -> str:
    reason = event.changes.get("reason", "")
    return reason if isinstance(reason, str) else ""
