from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications.kinds import MessageKind, Words, always_needed, kinds, topics
from notifications.models import Message
from notifications.texts import DETAILS, HELLO
from waitlist.messages.names import WaitlistMessage
from waitlist.messages.topic import WaitlistTopic
from waitlist.models import SUBJECT, WaitlistOffer

PLACEHOLDERS = frozenset({"start", "end", "deadline", "position", "reason", "offer_url"})
FOR_STAFF = frozenset({"start", "end", "deadline", "customer", "customer_phone", "admin_url"})
OFFERING = (WaitlistMessage.OFFERED, WaitlistMessage.STAFF_OFFERED)
OFFER = _("Accept or decline: {{ offer_url }}")
WAITING = _("View or leave waitlist: {{ offer_url }}")
WORDS: dict[WaitlistMessage, Words] = {
    WaitlistMessage.JOINED: Words(
        _("You're on the waitlist: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("You're on the waitlist of {{ venue }}. We'll email you when a time opens up."),
            DETAILS,
            WAITING,
        ),
    ),
    WaitlistMessage.OFFERED: Words(
        _("A time opened up: {{ resource }}, {{ date }}, {{ start }}"),
        (
            HELLO,
            _("A time opened up at {{ venue }}. We're holding it for you until {{ deadline }}."),
            DETAILS,
            OFFER,
        ),
        _(
            "{{ venue }}: {{ date }}, {{ start }} opened up. We're holding it for you until {{ "
            "deadline }}. {{ offer_url }}"
        ),
    ),
    WaitlistMessage.CALLED_OFF: Words(
        _("Called off: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _(
                "The date you were on the waitlist for at {{ venue }} was called off, so you're no "
                "longer on the waitlist."
            ),
            DETAILS,
            _("{% if reason %}Reason: {{ reason }}{% endif %}"),
        ),
        _("{{ venue }}: {{ resource }} on {{ date }} was called off. {{ reason }}"),
    ),
    WaitlistMessage.CLOSED: Words(
        _("Waitlist closed: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("Nothing opened up at {{ venue }} in time, so the waitlist is closed now."),
            DETAILS,
        ),
    ),
    WaitlistMessage.EXPIRED: Words(
        _("Offer expired: {{ resource }}, {{ date }}"),
        (
            HELLO,
            _("Your offer at {{ venue }} has expired. We've offered the time to the next person."),
            DETAILS,
        ),
    ),
    WaitlistMessage.STAFF_OFFERED: Words(
        _("Call {{ customer }}: {{ resource }}, {{ date }}, {{ start }}"),
        (
            _("{{ customer }} is on the waitlist without an email address."),
            _("We're holding a time for them until {{ deadline }}."),
            DETAILS,
            _("Accept the offer for them in the admin: {{ admin_url }}"),
        ),
    ),
}


def why_not_to_offer(message: Message) -> str:
    """Empty while the time is held, and for what staff send again."""
    open_offers = WaitlistOffer.objects.filter(outcome=WaitlistOffer.Outcome.OPEN)
    if message.resend_of_id or open_offers.filter(pk=message.payload["offer"]).exists():
        return ""
    return gettext("The offer has ended.")


def register() -> None:
    topics.register(SUBJECT, WaitlistTopic())
    for kind in WaitlistMessage:
        is_for_staff = kind == WaitlistMessage.STAFF_OFFERED
        kinds.register(
            kind,
            MessageKind(
                label=kind.label,
                topic=SUBJECT,
                words=WORDS[kind],
                placeholders=FOR_STAFF if is_for_staff else PLACEHOLDERS,
                is_for_staff=is_for_staff,
                is_urgent=kind == WaitlistMessage.OFFERED,
                still_needed=why_not_to_offer if kind in OFFERING else always_needed,
            ),
        )
