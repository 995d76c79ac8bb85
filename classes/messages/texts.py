from django.utils.translation import gettext_lazy as _

from classes.messages.names import ClassMessage
from notifications.kinds import Words
from notifications.texts import DETAILS, HELLO

MANAGE = _("View, change or cancel booking: {{ manage_url }}")
PAY = _("Pay or view booking: {{ manage_url }}")
TEACH = _("Open your classes: {{ teach_url }}")
DECIDE = _("Open class: {{ studio_url }}")
SEE = _("View class: {{ session_url }}")
REASON = _("{% if reason %}Reason: {{ reason }}{% endif %}")
NOTE = _("{% if note %}Note: {{ note }}{% endif %}")

WORDS: dict[ClassMessage, Words] = {
    ClassMessage.TEACHER: Words(
        _("Another teacher: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _(
                "{% if teacher and before %}{{ teacher }} teaches your class at {{ venue }} for {{ before }}."
                "{% elif teacher %}{{ teacher }} now teaches your class at {{ venue }}.{% else %}"
                "{{ before }} doesn't teach your class at {{ venue }} this time.{% endif %} Your booking "
                "stays as it is."
            ),
            DETAILS,
            MANAGE,
        ),
    ),
    ClassMessage.LETTER: Words(
        _("About your class: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _("{% if teacher %}{{ teacher }} from {{ venue }}{% else %}{{ venue }}{% endif %} writes:"),
            _("“{{ letter }}”"),
            DETAILS,
            MANAGE,
        ),
    ),
    ClassMessage.INSTALMENT_DUE: Words(
        _("Payment due on {{ due }}: {{ resource }}"),
        (HELLO, _("Your next instalment at {{ venue }} is due soon."), DETAILS, PAY),
    ),
    ClassMessage.INSTALMENT_LATE: Words(
        _("Payment late: {{ resource }}"),
        (
            HELLO,
            _("Your instalment at {{ venue }} was due on {{ due }}. Please pay it now, or contact us."),
            DETAILS,
            PAY,
        ),
    ),
    ClassMessage.PASS_EXPIRING: Words(
        _("Your pass expires on {{ date }}: {{ resource }}"),
        (
            HELLO,
            _("Your pass at {{ venue }} expires soon. Use your credits by then."),
            DETAILS,
            _("View your passes: {{ own_url }}"),
        ),
    ),
    ClassMessage.WAIT_MOVED: Words(
        _("Class moved: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("A class you're on the waitlist for at {{ venue }} has moved. You keep your place in line."),
            DETAILS,
            _("View or leave waitlist: {{ offer_url }}"),
        ),
    ),
    ClassMessage.SEAT_OPEN: Words(
        _("A place opened up: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _(
                "A place opened up at {{ venue }}. Everyone on the waitlist gets this email: whoever books "
                "first has it."
            ),
            DETAILS,
            _("Book now: {{ book_url }}"),
            _("View or leave waitlist: {{ offer_url }}"),
        ),
    ),
    ClassMessage.BOOKED: Words(
        _("New booking: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _("{{ customer }} has booked your class."),
            DETAILS,
            _("See who's coming: {{ lead_url }}"),
        ),
    ),
    ClassMessage.LEFT: Words(
        _(
            "{% if customer %}Cancelled: {{ customer }}, {{ resource }}, {{ date }}, {{ start }}{% else %}"
            "{{ number }} cancelled at {{ venue }}{% endif %}"
        ),
        (
            HELLO,
            _(
                "{% if customer %}{{ customer }} has cancelled a booking{% else %}{{ number }} were cancelled"
                "{% endif %} at {{ venue }}:\n{{ list }}"
            ),
            TEACH,
        ),
    ),
    ClassMessage.CHANGED: Words(
        _("Class moved: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _("Your class at {{ venue }} has moved. Everyone who has booked has been told."),
            DETAILS,
            TEACH,
        ),
    ),
    ClassMessage.LEADS_NOW: Words(
        _("You're teaching: {{ resource }}, {{ date }}, {{ start }}"),
        (HELLO, _("You're teaching this class{% if before %} for {{ before }}{% endif %}."), DETAILS, TEACH),
    ),
    ClassMessage.SUBSTITUTE_WANTED: Words(
        _("Can you teach this? {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _(
                "{{ teacher }} needs a substitute, and you're available then. Whoever accepts first teaches "
                "it."
            ),
            NOTE,
            DETAILS,
            _("Accept or decline: {{ teach_url }}"),
        ),
    ),
    ClassMessage.SUBSTITUTE_FOUND: Words(
        _("{{ teacher }} teaches: {{ resource }}, {{ date }}, {{ start }}"),
        (HELLO, _("{{ teacher }} teaches this class for you."), DETAILS, SEE),
    ),
    ClassMessage.PEOPLE_TOMORROW: Words(
        _("{{ day }} at {{ venue }}: {{ number }}"),
        (HELLO, _("You're teaching {{ number }} at {{ venue }} on {{ date }}:\n{{ list }}"), TEACH),
    ),
    ClassMessage.CALLED_OFF: Words(
        _("Class cancelled: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _("This class is cancelled. Everyone who had booked has been told and gets back what they paid."),
            REASON,
            DETAILS,
            SEE,
        ),
    ),
    ClassMessage.MINIMUM: Words(
        _("Too few people: {{ resource }}, {{ date }}, {{ start }}"),
        (
            _(
                "Only {{ booked }} places are booked, and it needs {{ minimum }}. It takes place unless you "
                "call it off."
            ),
            DETAILS,
            DECIDE,
        ),
    ),
    ClassMessage.ASKS: Words(
        _("{{ teacher }} asks to teach at {{ venue }}"),
        (
            _(
                "{{ teacher }} would like to lead classes at {{ venue }}. A manager decides; until then they "
                "can't add any."
            ),
            DETAILS,
            _("Approve or decline: {{ people_url }}"),
        ),
    ),
    ClassMessage.APPROVED: Words(
        _("You can teach at {{ venue }} now"),
        (
            HELLO,
            _("{{ venue }} has approved your profile. You can add classes now and see who's coming."),
            TEACH,
        ),
    ),
}
