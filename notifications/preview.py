"""How a template looks with made-up values."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import translation

from notifications.enums import Channel
from notifications.kinds import kinds
from notifications.links import MARK
from notifications.models import MessageTemplate
from notifications.rendering import Rendered, render_with
from notifications.samples import sample
from notifications.texts import Source, usual

NOWHERE = "https://example.com/"
SAMPLE_VENUE = {
    "name": "Sample venue",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "street": "1 Main Street",
    "city": "Berlin",
}


def preview(template: MessageTemplate) -> Rendered:
    """Links lead nowhere. Raises ``TemplateSyntaxError`` for what was never checked."""
    venue_model = apps.get_model("resources.Venue")
    message = sample(template.kind, template.channel, template.venue or venue_model(**SAMPLE_VENUE))
    source = Source(template.subject, template.text, template.html)
    made = render_with(source, message, template.language)
    return Rendered(made.subject, MARK.sub(NOWHERE, made.text), MARK.sub(NOWHERE, made.html))


def usual_words(given: dict[str, Any]) -> dict[str, str]:
    """Subject and text of the kind, channel and language that are named, if they are."""
    kind, channel = str(given.get("kind")), given.get("channel", Channel.EMAIL)
    language = given.get("language", settings.LANGUAGE_CODE)
    if kind not in kinds or channel not in Channel.values or language not in dict(settings.LANGUAGES):
        return {}
    with translation.override(language):
        words = usual(kind, channel)
        return {"subject": words.subject, "text": words.text}
