from django.utils.translation import gettext_lazy as _

from lending.messages.names import LoanMessage
from notifications.kinds import Words
from notifications.texts import DETAILS, HELLO

VIEW = _("View loan: {{ loan_url }}")
DESK = _("Open the desk: {{ desk_url }}")
REASON = _("{% if reason %}Reason: {{ reason }}{% endif %}")

WORDS: dict[LoanMessage, Words] = {
    LoanMessage.REQUESTED: Words(
        _("{% if when %}We've received your request{% else %}You're in line{% endif %}: {{ resource }}"),
        (
            HELLO,
            _(
                "{% if when %}{{ venue }} has received your request. We'll email you once they've "
                "decided.{% else %}You're in line at {{ venue }}. We'll email you when it's your "
                "turn.{% endif %}"
            ),
            DETAILS,
            _("View or cancel request: {{ loan_url }}"),
        ),
    ),
    LoanMessage.APPROVED: Words(
        _(
            "{% if booked %}It's booked for you{% elif pickup_until %}Ready to pick up{% else %}It's yours"
            "{% endif %}: {{ resource }}"
        ),
        (
            HELLO,
            _(
                "{% if booked %}It's booked for you at {{ venue }}: {{ when }}.{% if pickup_until %} Pick it "
                "up by {{ pickup_until }}, or it goes to the next person.{% endif %}{% elif pickup_until %}"
                "It's ready for you at {{ venue }}. Pick it up by {{ pickup_until }}, or it goes to the next "
                "person.{% elif lease_until %}It's yours until {{ lease_until }}. "
                "Need it longer? Press “Keep it” on its page before then.{% else %}{{ venue }} lends you "
                "this.{% endif %}"
            ),
            DETAILS,
            VIEW,
        ),
        _(
            "{{ venue }}: {% if booked %}It's booked for you, {{ resource }}, {{ when }}{% else %}It's your "
            "turn, {{ resource }}{% if pickup_until %}. Pick it up by {{ pickup_until }}{% elif lease_until "
            "%}, until {{ lease_until }}{% endif %}{% endif %}. {{ loan_url }}"
        ),
    ),
    LoanMessage.DECLINED: Words(
        _("Declined: {{ resource }}"),
        (HELLO, _("Unfortunately, {{ venue }} can't lend you this."), REASON, DETAILS, VIEW),
    ),
    LoanMessage.PICKUP_ENDING: Words(
        _("Pick it up soon: {{ resource }}"),
        (
            HELLO,
            _(
                "{{ venue }} is keeping it for you until {{ pickup_until }}. After that it goes to the next "
                "person."
            ),
            DETAILS,
            _("View or cancel: {{ loan_url }}"),
        ),
        _("{{ venue }}: Pick up {{ resource }} by {{ pickup_until }}. {{ loan_url }}"),
    ),
    LoanMessage.DUE: Words(
        _("Return by {{ date }}: {{ resource }}"),
        (
            HELLO,
            _("Please bring it back to {{ venue }} by {{ due }}."),
            DETAILS,
            _("View or renew loan: {{ loan_url }}"),
        ),
    ),
    LoanMessage.OVERDUE: Words(
        _("Overdue: {{ resource }}"),
        (
            HELLO,
            _("This is overdue. Please bring it back to {{ venue }} as soon as you can."),
            DETAILS,
            VIEW,
        ),
        _("{{ venue }}: Overdue since {{ date }}: {{ resource }}. Please bring it back. {{ loan_url }}"),
    ),
    LoanMessage.RECALLED: Words(
        _("Please bring it back: {{ resource }}"),
        (
            HELLO,
            _("{{ venue }} needs it back. Please return it by {{ due }}."),
            REASON,
            DETAILS,
            VIEW,
        ),
        _("{{ venue }} needs {{ resource }} back. Please return it by {{ due }}. {{ loan_url }}"),
    ),
    LoanMessage.LAPSED: Words(
        _("{% if never_there %}Not available{% else %}Time ran out{% endif %}: {{ resource }}"),
        (
            HELLO,
            _(
                "{% if lease_over %}Your time ran out, so it was returned and goes to the next person."
                "{% elif never_there %}We're sorry: it wasn't available in time, so you couldn't borrow it."
                "{% elif pickup_over %}It wasn't picked up in time, so it goes to the next person."
                "{% else %}Your request has expired. You're no longer in line.{% endif %}"
            ),
            DETAILS,
            VIEW,
        ),
    ),
    LoanMessage.RETURNED: Words(
        _("Returned: {{ resource }}"),
        (HELLO, _("{{ venue }} has it back. Thank you."), REASON, DETAILS, VIEW),
    ),
    LoanMessage.RENEWED: Words(
        _("Renewed: {{ resource }}"),
        (HELLO, _("{{ venue }} has given you more time."), DETAILS, VIEW),
    ),
    LoanMessage.SWAPPED: Words(
        _("Swapped: {{ resource }}"),
        (
            HELLO,
            _("{{ venue }} lends you {{ resource }} instead of {{ instead_of }}."),
            DETAILS,
            VIEW,
        ),
        _("{{ venue }}: You get {{ resource }} instead of {{ instead_of }}. {{ loan_url }}"),
    ),
    LoanMessage.LOST: Words(
        _("Marked as lost: {{ resource }}"),
        (
            HELLO,
            _("{{ venue }} has marked this as lost. If you have it or find it, please bring it back."),
            REASON,
            DETAILS,
            VIEW,
        ),
    ),
    LoanMessage.PAUSED: Words(
        _("Paused: {{ resource }}"),
        (
            HELLO,
            _(
                "{{ venue }} has paused your place in line. You keep it, but others go first until you "
                "resume.{% if paused_until %} It resumes by itself at {{ paused_until }}.{% endif %}"
            ),
            DETAILS,
            _("View or resume: {{ loan_url }}"),
        ),
    ),
    LoanMessage.MOVED: Words(
        _("Your place in line has changed: {{ resource }}"),
        (HELLO, _("{{ venue }} has moved your place in line."), REASON, DETAILS, VIEW),
    ),
    LoanMessage.AT_RISK: Words(
        _("May be late: {{ resource }}"),
        (
            HELLO,
            _(
                "{{ resource }} isn't back yet, so it may not be ready at {{ next_at }}. {{ venue }} knows "
                "and is looking for a way."
            ),
            DETAILS,
            _("View or cancel: {{ loan_url }}"),
        ),
        _("{{ venue }}: {{ resource }} isn't back yet and may not be ready at {{ next_at }}. {{ loan_url }}"),
    ),
    LoanMessage.STAFF_APPROVAL: Words(
        _("Approval needed: {{ resource }}, {{ customer }}"),
        (_("{{ customer }} would like to borrow this. Approve or decline it."), DETAILS, DESK),
    ),
    LoanMessage.STAFF_AT_RISK: Words(
        _("Next booking at risk: {{ resource }}"),
        (
            _(
                "{{ resource }}, lent to {{ customer }}, isn't back, and the next booking needs it. Swap "
                "one of them to another unit, or tell them."
            ),
            DETAILS,
            DESK,
        ),
    ),
}

DIGEST_WORDS = Words(
    _("{{ number }} overdue at {{ venue }}"),
    (_("These should be back at {{ venue }}:\n{{ list }}"), DESK),
)
BOOKING_AT_RISK_WORDS = Words(
    _("May be late: {{ resource }}, {{ date }}, {{ start }}"),
    (
        HELLO,
        _(
            "What you've booked at {{ venue }} isn't back yet, so it may not be ready in time. {{ venue }} "
            "knows and is looking for a way."
        ),
        DETAILS,
        _("View, change or cancel booking: {{ manage_url }}"),
    ),
    _("{{ venue }}: {{ resource }} ({{ code }}) isn't back yet and may not be ready at {{ start }}."),
)
