from django.utils.translation import gettext_lazy as _

from notifications.kinds import Words
from notifications.texts import DETAILS, HELLO
from reservations.messages.names import BookingMessage

MANAGE = _("See, change or cancel your booking: {{ manage_url }}")
LOOK = _("See your booking: {{ manage_url }}")
ADMIN = _("Open it in the admin: {{ admin_url }}")
REASON = _("{% if reason %}Reason: {{ reason }}{% endif %}")
ALL_DATES = _("{% if dates %}All dates:\n{{ dates }}{% endif %}")

WORDS: dict[BookingMessage, Words] = {
    BookingMessage.REQUESTED: Words(
        _("Your request at {{ venue }}: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("thank you, your request has arrived. The time is kept for you; it is not confirmed yet."),
            DETAILS,
            ALL_DATES,
            _(
                "{% if pay_until %}Pay the deposit of {{ deposit }} by {{ pay_until }} to confirm it."
                "{% elif deposit %}A deposit of {{ deposit }} is to be paid to the venue first.{% endif %}"
            ),
            MANAGE,
        ),
    ),
    BookingMessage.CONFIRMED: Words(
        _("Confirmed: {{ resource }}, {{ date }}, {{ start }}"),
        (HELLO, _("your booking at {{ venue }} is confirmed."), DETAILS, ALL_DATES, MANAGE),
    ),
    BookingMessage.DECLINED: Words(
        _("Not possible: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("we are sorry: your request at {{ venue }} cannot be met, and the time is no longer kept."),
            REASON,
            DETAILS,
            _(
                "{% if fee %}The cancellation fee of {{ fee }} is kept; you get back what you paid beyond it."
                "{% else %}Anything you have paid is returned to you.{% endif %}"
            ),
        ),
    ),
    BookingMessage.CHANGED: Words(
        _("Changed: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _("your booking at {{ venue }} has been changed. This is how it is now ({{ status }}):"),
            REASON,
            DETAILS,
            ALL_DATES,
            _(
                "{% if pay_until %}Pay what is missing of the deposit by {{ pay_until }} "
                "to confirm it.{% endif %}"
            ),
            _("{% if minimum_fee %}If you cancel it, at least {{ minimum_fee }} is kept.{% endif %}"),
            MANAGE,
        ),
        _("{{ venue }}: your booking {{ code }} is now {{ date }}, {{ start }}. {{ manage_url }}"),
    ),
    BookingMessage.CANCELLED: Words(
        _("Cancelled: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _("your booking at {{ venue }} is cancelled."),
            REASON,
            DETAILS,
            ALL_DATES,
            _("{% if fee %}A fee of {{ fee }} is kept.{% endif %}"),
            _("{% if refund %}You get {{ refund }} back.{% endif %}"),
            LOOK,
        ),
        _("{{ venue }}: your booking {{ code }}, {{ date }}, {{ start }}, is cancelled."),
    ),
    BookingMessage.REMINDER: Words(
        _("Reminder: {{ resource }}, {{ date }}, {{ start }}"),
        (HELLO, _("we look forward to seeing you at {{ venue }}."), DETAILS, MANAGE),
        _("{{ venue }}: see you on {{ date }}, {{ start }}, {{ resource }} ({{ code }})."),
    ),
    BookingMessage.CHECK_IN: Words(
        _("Welcome to {{ venue }}"),
        (HELLO, _("you are checked in. Enjoy your time."), DETAILS, LOOK),
    ),
    BookingMessage.NO_SHOW: Words(
        _("We missed you: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("you were expected at {{ venue }}, but nobody came, so the time was given on."),
            DETAILS,
            _("If this is a mistake, please answer this message."),
        ),
    ),
    BookingMessage.PAYMENT: Words(
        _("Payment received: {{ amount }}"),
        (
            HELLO,
            _("thank you, {{ venue }} has received {{ amount }}."),
            _("{% if ended %}Your booking had already ended: we'll return this, less any fee.{% endif %}"),
            DETAILS,
            LOOK,
        ),
    ),
    BookingMessage.REFUND: Words(
        _("Refund: {{ amount }}"),
        (HELLO, _("{{ venue }} has returned {{ amount }} to you."), DETAILS, LOOK),
    ),
    BookingMessage.LINK: Words(
        _("Your booking at {{ venue }}: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("here is the link to your booking again. Whoever has it can change or cancel the booking."),
            DETAILS,
            MANAGE,
            _("You have not asked for it? Then somebody knows your code; the link went to you alone."),
        ),
    ),
    BookingMessage.STAFF_BOOKING: Words(
        _("New booking: {{ resource }}, {{ date }}, {{ start }}"),
        (_("{{ customer }} has booked."), DETAILS, ALL_DATES, ADMIN),
    ),
    BookingMessage.STAFF_APPROVAL: Words(
        _("Please approve: {{ resource }}, {{ date }}, {{ start }}"),
        (_("{{ customer }} asks for a time and waits for an answer."), DETAILS, ALL_DATES, ADMIN),
    ),
    BookingMessage.STAFF_CHANGED: Words(
        _("Changed by the customer: {{ resource }}, {{ date }}, {{ start }}"),
        (_("{{ customer }} has changed a booking."), DETAILS, ALL_DATES, ADMIN),
    ),
    BookingMessage.STAFF_CANCELLED: Words(
        _("Cancelled: {{ resource }}, {{ date }}, {{ start }}"),
        (_("{{ customer }} has cancelled."), REASON, DETAILS, ALL_DATES, ADMIN),
    ),
    BookingMessage.STAFF_REFUND_FAILED: Words(
        _("A refund failed: {{ code }}"),
        (_("{{ amount }} could not be returned to {{ customer }}."), DETAILS, ADMIN),
    ),
}
