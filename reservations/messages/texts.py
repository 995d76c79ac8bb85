from django.utils.translation import gettext_lazy as _

from notifications.kinds import Words
from notifications.texts import DETAILS, HELLO
from reservations.messages.names import BookingMessage

MANAGE = _("View, change or cancel booking: {{ manage_url }}")
LOOK = _("View booking: {{ manage_url }}")
CALENDAR = _("Add to calendar: {{ calendar_url }}")
MAP = _("{% if has_map %}View map: {{ map_url }}{% endif %}")
ADMIN = _("Open in admin: {{ admin_url }}")
REASON = _("{% if reason %}Reason: {{ reason }}{% endif %}")
ALL_DATES = _("{% if dates %}All dates:\n{{ dates }}{% endif %}")

WORDS: dict[BookingMessage, Words] = {
    BookingMessage.REQUESTED: Words(
        _("Your request at {{ venue }}: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("We've received your request. We're holding this time for you; it isn't confirmed yet."),
            DETAILS,
            ALL_DATES,
            _(
                "{% if pay_until %}Pay the deposit of {{ deposit }} by {{ pay_until }} to confirm your "
                "booking.{% elif deposit %}Pay the venue a deposit of {{ deposit }} to confirm your "
                "booking.{% endif %}"
            ),
            MANAGE,
        ),
    ),
    BookingMessage.CONFIRMED: Words(
        _("Confirmed: {{ resource }}, {{ date }}, {{ start }}"),
        (HELLO, _("You're booked at {{ venue }}."), DETAILS, ALL_DATES, MANAGE, CALENDAR, MAP),
    ),
    BookingMessage.DECLINED: Words(
        _("Declined: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("Unfortunately, {{ venue }} can't accept your request. We no longer hold this time for you."),
            REASON,
            DETAILS,
            _(
                "{% if fee %}A cancellation fee of {{ fee }} applies. We'll refund anything you paid "
                "beyond it.{% else %}We'll refund anything you paid.{% endif %}"
            ),
        ),
    ),
    BookingMessage.CHANGED: Words(
        _("Changed: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _("Your booking at {{ venue }} has been changed ({{ status }}):"),
            REASON,
            DETAILS,
            ALL_DATES,
            _(
                "{% if pay_until %}Pay the rest of the deposit by {{ pay_until }} to confirm your "
                "booking.{% endif %}"
            ),
            _("{% if minimum_fee %}If you cancel, a fee of at least {{ minimum_fee }} applies.{% endif %}"),
            MANAGE,
            CALENDAR,
            MAP,
        ),
        _("{{ venue }}: Your booking {{ code }} is now {{ date }}, {{ start }}. {{ manage_url }}"),
    ),
    BookingMessage.CANCELLED: Words(
        _("Cancelled: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _(
                "{% if called_off %}{{ called_off }} doesn't take place. {% endif %}"
                "Your booking at {{ venue }} is cancelled."
            ),
            REASON,
            DETAILS,
            ALL_DATES,
            _("{% if fee %}Cancellation fee: {{ fee }}{% endif %}"),
            _("{% if refund %}Refund: {{ refund }}{% endif %}"),
            LOOK,
        ),
        _("{{ venue }}: Your booking {{ code }} on {{ date }}, {{ start }}, is cancelled."),
    ),
    BookingMessage.REMINDER: Words(
        _("Reminder: {{ resource }}, {{ date }}, {{ start }}"),
        (HELLO, _("We look forward to seeing you at {{ venue }}."), DETAILS, MANAGE, CALENDAR, MAP),
        _("{{ venue }}: See you on {{ date }}, {{ start }}, {{ resource }} ({{ code }})."),
    ),
    BookingMessage.CHECK_IN: Words(
        _("Welcome to {{ venue }}"),
        (HELLO, _("You're checked in. Enjoy your time."), DETAILS, LOOK),
    ),
    BookingMessage.NO_SHOW: Words(
        _("We missed you: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("We expected you at {{ venue }}, but you didn't come, so we released the time."),
            DETAILS,
            _("If this is a mistake, reply to this email."),
        ),
    ),
    BookingMessage.PAYMENT: Words(
        _("Payment received: {{ amount }}"),
        (
            HELLO,
            _("Thank you. {{ venue }} has received {{ amount }}."),
            _("{% if ended %}Your booking had already ended. We'll refund this, minus any fee.{% endif %}"),
            DETAILS,
            LOOK,
        ),
    ),
    BookingMessage.REFUND: Words(
        _("Refund: {{ amount }}"),
        (HELLO, _("{{ venue }} has refunded you {{ amount }}."), DETAILS, LOOK),
    ),
    BookingMessage.LINK: Words(
        _("Your booking at {{ venue }}: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("Here's the link to your booking. Anyone who has it can change or cancel the booking."),
            DETAILS,
            MANAGE,
            _("If you didn't ask for this, someone may know your booking code. Only you received the link."),
        ),
    ),
    BookingMessage.STAFF_BOOKING: Words(
        _("New booking: {{ resource }}, {{ date }}, {{ start }}"),
        (_("{{ customer }} has made a booking."), DETAILS, ALL_DATES, ADMIN),
    ),
    BookingMessage.STAFF_APPROVAL: Words(
        _("Approval needed: {{ resource }}, {{ date }}, {{ start }}"),
        (_("{{ customer }} has requested a time. Approve or decline it."), DETAILS, ALL_DATES, ADMIN),
    ),
    BookingMessage.STAFF_CHANGED: Words(
        _("Changed by the customer: {{ resource }}, {{ date }}, {{ start }}"),
        (_("{{ customer }} has changed a booking."), DETAILS, ALL_DATES, ADMIN),
    ),
    BookingMessage.STAFF_CANCELLED: Words(
        _("Cancelled: {{ resource }}, {{ date }}, {{ start }}"),
        (_("{{ customer }} has cancelled a booking."), REASON, DETAILS, ALL_DATES, ADMIN),
    ),
    BookingMessage.STAFF_REFUND_FAILED: Words(
        _("Refund failed: {{ code }}"),
        (_("We couldn't refund {{ amount }} to {{ customer }}."), DETAILS, ADMIN),
    ),
}
