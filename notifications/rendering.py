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

from common.languages import base_language, is_offered
from notifications import placeholders
from notifications.enums import Channel
from notifications.kinds import Values, kinds, topic_of
from notifications.links import CLOSES, OPENS
from notifications.models import Message, MessageTemplate
from notifications.texts import MessageTexts, usual_texts
from notifications.values import build_values, venue_address
from notifications.wording import Wording

logger = logging.getLogger(__name__)
DETAILS = f"{OPENS}details{CLOSES}"
BUTTON = re.compile(f"(.*)({OPENS}[a-z_]+{CLOSES})", re.DOTALL)
Details = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """``trouble``: why a venue's own texts could not be used and the usual ones were."""

    subject: str
    text: str
    html: str = ""
    trouble: str = ""


def render_message(message: Message, language: str) -> Rendered:
    """Never fails because of a venue's own texts."""
    own_texts = find_own_texts(message, language)
    try:
        if own_texts is not None:
            return render_texts(own_texts, message, language)
    except Exception as error:
        logger.exception("The template for %s of venue %s is broken.", message.kind, message.venue_id)
        return replace(_render_usual(message, language), trouble=f"Template: {error}"[:500])
    return _render_usual(message, language)


def _render_usual(message: Message, language: str) -> Rendered:
    with translation.override(language):
        source = usual_texts(message.kind, message.channel)
    return render_texts(source, message, language)


def render_texts(source: MessageTexts, message: Message, language: str) -> Rendered:
    """Raises ``TemplateSyntaxError`` for a text that was never checked."""
    with translation.override(language):
        values = build_values(message, Wording(language, _zone_for(message)))
        return _fill_texts(message, source, values, language)


def _zone_for(message: Message) -> ZoneInfo:
    # A customer's own zone, if they have set one; staff work in the venue's.
    own_zone = None if kinds[message.kind].is_for_staff or not message.user else message.user.time_zone
    return ZoneInfo(str(own_zone)) if own_zone else message.venue.zone


def find_own_texts(message: Message, language: str) -> MessageTexts | None:
    """The venue's template, else that for all venues."""
    templates = MessageTemplate.objects.filter(
        kind=message.kind, channel=message.channel, language=base_language(language), is_active=True
    )
    rows = {
        row.venue_id: row for row in templates.filter(venue=message.venue_id) | templates.filter(venue=None)
    }
    row = rows.get(message.venue_id) or rows.get(None)
    return MessageTexts(row.subject, row.text, row.html) if row else None


def _fill_texts(message: Message, source: MessageTexts, values: Values, language: str) -> Rendered:
    details = details_of(message.kind, values)
    subject = " ".join(placeholders.fill_placeholders(source.subject, values).split())[:300]
    # A mark stands for the details until the layout is chosen: lines of text here, a list in HTML.
    marked = _tidy_blanks(placeholders.fill_placeholders(source.text, values | {"details": DETAILS}))
    text = marked.replace(DETAILS, "\n".join(f"{label}: {value}" for label, value in details))
    if message.channel == Channel.SMS:
        return Rendered("", " ".join(text.split()))
    if source.html:
        listed = values | {"details": _details_html(details)}
        return Rendered(subject, text, placeholders.fill_placeholders(source.html, listed, escape=True))
    return Rendered(subject, text, _render_layout(message, subject, marked, details, language))


def details_of(kind: str, values: Values) -> Details:
    """Labels and texts of the placeholders that have a value."""
    names = placeholders.known_placeholders(kind)
    labels = topic_of(kind).labels
    return [(str(label), values[name]) for name, label in labels if name in names and values.get(name)]


def _tidy_blanks(text: str) -> str:
    # Absent values leave blank lines in a row and blanks at the ends of lines.
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _details_html(details: Details) -> SafeString:
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", details)
    return SafeString(f"<dl>{rows}</dl>")


def _render_layout(message: Message, subject: str, marked: str, details: Details, language: str) -> str:
    blocks = [_make_block(paragraph) for paragraph in marked.split("\n\n")]
    # The first link is what the mail is for; the others are quiet.
    for block in [block for block in blocks if block["kind"] == "button"][1:]:
        block["kind"] = "link"
    context = {
        "subject": subject,
        "venue": message.venue,
        "look": message.venue.palettes,
        "logo": f"{settings.SITE_URL}{message.venue.logo.url}" if message.venue.logo else "",
        "address": venue_address(message.venue),
        "blocks": blocks,
        "details": details,
        "language": language,
    }
    return render_to_string("notifications/mail.html", context)


def _make_block(paragraph: str) -> dict[str, str]:
    if paragraph == DETAILS:
        return {"kind": "details"}
    if button := BUTTON.fullmatch(paragraph):
        return {
            "kind": "button",
            "text": button[1].strip(" :\n") or pgettext("message", "Open"),
            "link": button[2],
        }
    return {"kind": "text", "text": paragraph}


def message_language(message: Message) -> str:
    """The account's, else that in which the person last used the site, else the server's; with its region."""
    account = message.user.language if message.user else ""
    known = [each for each in (account, message.language, _last_language(message)) if is_offered(each)]
    of_first = [each for each in known if base_language(each) == base_language(known[0])]
    # An account names no region: what the person's browser said beside it does.
    return max(of_first, key=len, default=settings.LANGUAGE_CODE)


def _last_language(message: Message) -> str:
    before = topic_of(message.kind).told_before(message.about) if message.about is not None else None
    subject_type, subject_id = before or (message.subject_type, message.subject_id)
    about = Message.objects.filter(subject_type=subject_type, subject_id=subject_id)
    same = about.filter(recipient=message.recipient).exclude(language="").order_by("-created_at")
    return same.values_list("language", flat=True).first() or ""
