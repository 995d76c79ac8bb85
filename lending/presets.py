"""Rules to begin with, for who has none yet."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from lending.enums import Approval, ReturnBy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DAY = 1440
PRESETS: dict[str, tuple["StrOrPromise", dict[str, Any]]] = {
    "open": (_("As long as it takes"), {}),
    "week": (_("One week, renewable"), {"loan_period": 7 * DAY, "longest": 28 * DAY}),
    "lease": (_("Returned unless kept every 10 minutes"), {"lease": 10}),
    "desk": (
        _("Approved and handed out by staff"),
        {
            "approval": Approval.MANUAL,
            "loan_period": 7 * DAY,
            "pickup_window": 2 * DAY,
            "return_by": ReturnBy.STAFF,
        },
    ),
}
