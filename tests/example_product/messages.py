"""What borrowers are told."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from notifications.kinds import MessageKind, MessagePayload, Topic, Values, Words, kinds, topics
from notifications.models import Message
from notifications.services.writing import messages_to_customer, write_messages
from notifications.texts import DETAILS, HELLO
from notifications.wording import Wording
from resources.models import Venue
from tests.example_product.models import SUBJECT, Umbrella

LENT = "umbrella_lent"


class UmbrellaTopic(Topic):
    labels = (("resource", _("What")), ("address", _("Where")))
    links = {"umbrella_url": lambda umbrella: f"/umbrellas/{umbrella.pk}/secret/"}

    def load(self, subject_id: str) -> Umbrella | None:
        return Umbrella.objects.filter(pk=subject_id).first()

    def values(self, message: Message, subject: Umbrella, wording: Wording) -> Values:
        return {"resource": message.payload["thing"]}

    def sample(self, kind: str, venue: Venue) -> tuple[Umbrella, MessagePayload]:
        return Umbrella(venue=venue, customer_name="Ada Lovelace"), {"thing": "Umbrella"}


def why_not_to_tell(message: Message) -> str:
    return "" if message.about and message.about.is_lent else "It is back."


def register() -> None:
    topics.register(SUBJECT, UmbrellaTopic())
    words = Words(_("Yours: {{ resource }}"), (HELLO, DETAILS, _("Bring it back: {{ umbrella_url }}")))
    kinds.register(
        LENT,
        MessageKind(
            label=_("Umbrella lent"),
            topic=SUBJECT,
            words=words,
            placeholders=frozenset({"umbrella_url"}),
            still_needed=why_not_to_tell,
        ),
    )


def tell(umbrella: Umbrella, payload: dict[str, Any]) -> None:
    write_messages(messages_to_customer(LENT, str(umbrella.pk), umbrella, payload))
