"""From a message to its subject, text and HTML."""

import logging
import re
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from notifications import placeholders
from notifications.enums import Channel
from notifications.kinds import Values, kinds, topic_of
from notifications.links import CLOSES, OPENS
from notifications.models import Message, MessageTemplate
from notifications.texts import Source, usual
from notifications.values import place, values_of
from notifications.wording import Wording

logger = logging.getLogger(__name__)
DETAILS = f"{OPENS}details{CLOSES}"
BUTTON = re.compile(f"(.*)({OPENS}[a-z_]+{CLOSES})", re.DOTALL)
Details = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """``trouble``: why a venue's own words could not be used; the usual ones are in their place."""

    subject: str
    text: str
    html: str = ""
    trouble: str = ""


def render(message: Message, language: str) -> Rendered:
    """Never fails because of a venue's own words."""
    own = own_words(message, language)
    try:
        if own is not None:
            return render_with(own, message, language)
    except Exception as error:
        logger.exception("The template for %s of venue %s is broken.", message.kind, message.venue_id)
        return replace(_usual(message, language), trouble=f"Template: {error}"[:500])
    return _usual(message, language)


def _usual(message: Message, language: str) -> Rendered:
    with translation.override(language):
        source = usual(message.kind, message.channel)
    return render_with(source, message, language)


def render_with(source: Source, message: Message, language: str) -> Rendered:
    """Raises ``TemplateSyntaxError`` for a text that was never checked."""
    with translation.override(language):
        values = values_of(message, Wording(language, _zone(message)))
        return _filled(message, source, values, language)


def _zone(message: Message) -> ZoneInfo:
    """The customer's own, if they have set one; staff work in the venue's."""
    own = None if kinds[message.kind].is_for_staff or not message.user else message.user.time_zone
    return ZoneInfo(str(own)) if own else message.venue.zone


def own_words(message: Message, language: str) -> Source | None:
    """The venue's template, or that for all venues."""
    found = MessageTemplate.objects.filter(
        kind=message.kind, channel=message.channel, language=language, is_active=True
    )
    rows = {row.venue_id: row for row in found.filter(venue=message.venue_id) | found.filter(venue=None)}
    row = rows.get(message.venue_id) or rows.get(None)
    return Source(row.subject, row.text, row.html) if row else None


def _filled(message: Message, source: Source, values: Values, language: str) -> Rendered:
    details = details_of(message.kind, values)
    subject = " ".join(placeholders.render(source.subject, values).split())[:300]
    marked = _tidy(placeholders.render(source.text, values | {"details": DETAILS}))
    text = marked.replace(DETAILS, "\n".join(f"{label}: {value}" for label, value in details))
    if message.channel == Channel.SMS:
        return Rendered("", " ".join(text.split()))
    if source.html:
        listed = values | {"details": _list(details)}
        return Rendered(subject, text, placeholders.render(source.html, listed, escape=True))
    return Rendered(subject, text, _layout(message, subject, marked, details, language))


def details_of(kind: str, values: Values) -> Details:
    """Labels and texts of what is known; a customer need not be told who they are."""
    names = placeholders.known(kind)
    labels = topic_of(kind).labels
    return [(str(label), values[name]) for name, label in labels if name in names and values.get(name)]


def _tidy(text: str) -> str:
    """Without what absent values have left: blank lines in a row, blanks at the ends of lines."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _list(details: Details) -> SafeString:
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", details)
    return SafeString(f"<dl>{rows}</dl>")


def _layout(message: Message, subject: str, marked: str, details: Details, language: str) -> str:
    blocks = [_block(paragraph) for paragraph in marked.split("\n\n")]
    context = {
        "subject": subject,
        "venue": message.venue,
        "address": place(message.venue),
        "blocks": blocks,
        "details": details,
        "language": language,
    }
    return render_to_string("notifications/mail.html", context)


def _block(paragraph: str) -> dict[str, str]:
    """A paragraph, the list of details, or a button."""
    if paragraph == DETAILS:
        return {"kind": "details"}
    if found := BUTTON.fullmatch(paragraph):
        return {
            "kind": "button",
            "text": found[1].strip(" :\n") or pgettext("message", "Open"),
            "link": found[2],
        }
    return {"kind": "text", "text": paragraph}


def language_of(message: Message) -> str:
    """The account's, else that in which the person was last using the site, else the server's."""
    account = message.user.language if message.user else ""
    for language in (account, message.language, _earlier(message)):
        if language in dict(settings.LANGUAGES):
            return language
    return settings.LANGUAGE_CODE


def _earlier(message: Message) -> str:
    about = Message.objects.filter(subject_type=message.subject_type, subject_id=message.subject_id)
    same = about.filter(recipient=message.recipient).exclude(language="").order_by("-created_at")
    return same.values_list("language", flat=True).first() or ""
