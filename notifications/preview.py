from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import translation

from notifications.enums import Channel
from notifications.kinds import kinds
from notifications.links import MARK
from notifications.models import MessageTemplate
from notifications.rendering import Rendered, render_texts
from notifications.samples import make_sample
from notifications.texts import MessageTexts, usual_texts

NOWHERE = "https://example.com/"
SAMPLE_VENUE = {
    "name": "Sample venue",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "street": "1 Main Street",
    "city": "Berlin",
}


def render_preview(template: MessageTemplate) -> Rendered:
    """Links lead nowhere. Raises ``TemplateSyntaxError`` for what was never checked."""
    venue_model = apps.get_model("resources.Venue")
    message = make_sample(template.kind, template.channel, template.venue or venue_model(**SAMPLE_VENUE))
    source = MessageTexts(template.subject, template.text, template.html)
    rendered = render_texts(source, message, template.language)
    return Rendered(rendered.subject, MARK.sub(NOWHERE, rendered.text), MARK.sub(NOWHERE, rendered.html))


def usual_texts_for(given: dict[str, Any]) -> dict[str, str]:
    """Subject and text of the kind, channel and language in ``given``, if they are all known."""
    kind, channel = str(given.get("kind")), given.get("channel", Channel.EMAIL)
    language = given.get("language", settings.LANGUAGE_CODE)
    if kind not in kinds or channel not in Channel.values or language not in dict(settings.LANGUAGES):
        return {}
    with translation.override(language):
        texts = usual_texts(kind, channel)
        return {"subject": texts.subject, "text": texts.text}
