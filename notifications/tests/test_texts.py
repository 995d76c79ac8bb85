"""The usual texts, and those that venues write themselves."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from common.palette import make_palettes
from notifications import placeholders
from notifications.enums import Channel
from notifications.kinds import kinds
from notifications.links import CLOSES, OPENS, hide_links
from notifications.models import Message, MessageTemplate
from notifications.rendering import render_message
from notifications.samples import make_sample
from notifications.tests.helpers import html_of, send_all
from notifications.texts import usual_texts
from reservations.domain.values import Customer
from reservations.messages.names import BookingMessage
from tests.factories import book, make_resource, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LANGUAGES = ("en", "de")
PEOPLE = {
    "team_invitation": "Grace Hopper",
    "staff_class_teacher_asks": "Alan Turing",
    "staff_class_teacher_approved": "Ada Lovelace",
}
"""Whom those are about that are about nothing which can be booked."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", kinds.names())
def test_the_usual_texts_are_whole(kind: str, language: str) -> None:
    made = render_message(make_sample(kind, Channel.EMAIL, make_venue(name="Mühle & Söhne")), language)
    assert made.subject
    for text in (made.subject, made.text, made.html):
        assert "{{" not in text
        assert "{%" not in text
        assert "None" not in text
    assert "Mühle & Söhne" in made.text
    assert "Mühle &amp; Söhne" in made.html
    assert PEOPLE.get(kind, "Green room") in made.text
    assert " ." not in made.text, "something is missing in a sentence"
    assert ", ," not in made.subject
    assert not made.subject.endswith((",", ":"))
    assert OPENS not in hide_links(made.text)
    assert made.trouble == ""


def test_mails_look_like_their_venue(settings: Any) -> None:
    settings.SITE_URL = "https://book.example"
    face = {"color": "#ffcc00", "logo": "venues/mill.png", "logo_width": 480, "logo_height": 120}
    venues = (make_venue(name="Mühle & Söhne", **fields) for fields in ({}, face))
    plain, own = (render_message(make_sample("confirmed", Channel.EMAIL, venue), "en") for venue in venues)
    palettes = make_palettes("#ffcc00")
    light, dark = own.html.split("prefers-color-scheme: dark")
    assert f"background: {palettes.light.brand}; color: #ffffff;" in light
    assert f"background: {palettes.dark.brand}; color: {palettes.dark.on_brand};" in dark
    logo = 'src="https://book.example/media/venues/mill.png" alt="" width="144" height="36"'
    assert logo in own.html
    assert "<img" not in plain.html
    assert make_palettes("").light.brand in plain.html
    for html in (plain.html, own.html):  # the name is there when the picture is not
        head = html[html.index('class="venue"') :].partition("</p>")[0]
        assert head.endswith("Mühle &amp; Söhne\n      ")


@pytest.mark.parametrize("kind", [name for name, kind in kinds.items() if kind.is_urgent])
def test_text_messages_are_short_and_plain(kind: str) -> None:
    for language in LANGUAGES:
        made = render_message(make_sample(kind, Channel.SMS, make_venue(name="Mill")), language)
        assert made.html == made.subject == ""
        assert 20 < len(made.text) < 200
        assert "\n" not in made.text


@pytest.mark.parametrize("kind", kinds.names())
def test_the_usual_texts_keep_the_rules_of_templates_and_are_translated(kind: str) -> None:
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            source = found[language] = usual_texts(kind, Channel.EMAIL)
            row = MessageTemplate(
                kind=kind, channel=Channel.EMAIL, language=language, subject=source.subject, text=source.text
            )
            row.full_clean()
    assert found["en"].subject != found["de"].subject
    shared = set(found["en"].text.split("\n\n")) & set(found["de"].text.split("\n\n"))
    assert shared <= {"{{ details }}"}


BROKEN = (
    "{% include 'base.html' %}",
    "{% load i18n %}",
    "{% extends 'base.html' %}",
    "{% csrf_token %}",
    "{% for each in name %}{{ each }}{% endfor %}",
    "{% with name as other %}{{ other }}{% endwith %}",
    "{% debug %}",
    "{{ reservation.venue.pk }}",
    "{{ name.__class__ }}",
    "{{ name|upper }}",
    "{{ settings }}",
    "{{ nmae }}",
    "{{ name",
    "{% if name %}never closed",
    "{% if nmae %}a{% endif %}",
    "{% if name and code.venue %}a{% endif %}",
    "{% if not settings.SECRET_KEY %}a{% endif %}",
    "{% if name == 'x' %}{{ name.pk }}{% endif %}",
    "{{ offer_url }}",
)


@pytest.mark.parametrize("source", BROKEN)
@pytest.mark.parametrize("field", ["text", "html"])
def test_what_templates_may_not_do(source: str, field: str) -> None:
    row = MessageTemplate(kind=BookingMessage.CONFIRMED, subject="Yes", text="Yes")
    setattr(row, field, source)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert field in refused.value.message_dict


def test_what_templates_may_do() -> None:
    text = "{% if price and not deposit %}{{ price }}{% elif code == 'X' %}a{% else %}{{ name }}{% endif %}"
    MessageTemplate(kind=BookingMessage.CONFIRMED, subject="{{ code }}", text=text).full_clean()
    assert placeholders.fill_placeholders(text, {"name": "Ada"}) == "Ada"


@pytest.mark.parametrize("subject", ["", "{{ manage_url }}", "{{ details }}"])
def test_subjects_hold_no_secrets_and_are_not_empty(subject: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MessageTemplate(kind=BookingMessage.CONFIRMED, subject=subject, text="Yes").full_clean()
    assert set(refused.value.message_dict) == {"subject"}


def test_text_messages_are_for_what_is_urgent() -> None:
    for name in [name for name, kind in kinds.items() if not kind.is_urgent]:
        with pytest.raises(ValidationError):
            MessageTemplate(kind=name, channel=Channel.SMS, text="Yes").full_clean()
    MessageTemplate(kind=BookingMessage.REMINDER, channel=Channel.SMS, text="Yes").full_clean()


def test_one_template_for_each_purpose() -> None:
    venue = make_venue()
    for of in (venue, None):
        MessageTemplate.objects.create(venue=of, kind=BookingMessage.CONFIRMED, subject="Yes", text="Yes")
        with pytest.raises(ValidationError):
            MessageTemplate(venue=of, kind=BookingMessage.CONFIRMED, subject="Yes", text="Yes").full_clean()


def test_a_venues_own_words(outbox: list[Any]) -> None:
    room = make_resource(name="<b>Room</b>")
    words = "Dear {{ name }},\n\n{{ details }}\n\nLook: {{ manage_url }}"
    MessageTemplate.objects.create(kind=BookingMessage.CONFIRMED, subject="General", text=words)
    MessageTemplate.objects.create(
        venue=room.venue, kind=BookingMessage.CONFIRMED, subject="Own\n {{ code }}", text=words
    )
    other = make_resource()
    reservation = book(room)
    book(other)
    send_all()
    own, general = outbox
    assert own.subject == f"Own {reservation.code}"
    assert general.subject == "General"
    assert own.body.startswith("Dear Ada Lovelace,\n\nWhat: <b>Room</b>\n")
    assert "&lt;b&gt;Room&lt;/b&gt;" in html_of(own)
    assert '/">Look</a>' in html_of(own)


def test_html_of_ones_own_is_escaped(outbox: list[Any]) -> None:
    room = make_resource(name="<b>Room</b>")
    html = '<h1>{{ resource }}</h1>{{ details }}<a href="{{ manage_url }}">x</a>'
    MessageTemplate.objects.create(
        venue=room.venue, kind=BookingMessage.CONFIRMED, subject="S", text="T", html=html
    ).full_clean()
    book(room)
    send_all()
    made = html_of(outbox[0])
    assert made.startswith("<h1>&lt;b&gt;Room&lt;/b&gt;</h1><dl><dt>What</dt>")
    assert 'href="http://' in made


def test_broken_words_never_stop_a_message(outbox: list[Any]) -> None:
    """Such a row cannot be saved in the admin, but written past it."""
    room = make_resource()
    MessageTemplate.objects.create(
        venue=room.venue, kind=BookingMessage.CONFIRMED, subject="S", text="{% load i18n %}"
    )
    book(room)
    send_all()
    assert outbox[0].subject.startswith("Confirmed:")
    assert "load" in Message.objects.get().last_error


def test_links_are_not_in_the_database(outbox: list[Any]) -> None:
    reservation = book(make_resource())
    send_all()
    message = Message.objects.get()
    assert f"/bookings/{reservation.pk}/" in outbox[0].body
    assert OPENS in message.text
    assert CLOSES in message.html
    assert f"/bookings/{reservation.pk}/" not in message.text + message.html


def test_names_cannot_play_with_links(outbox: list[Any]) -> None:
    room = make_resource()
    name = f"Eve{OPENS}manage_url{CLOSES}\x07 \N{NO-BREAK SPACE}\u200d!"
    book(room, customer=Customer(name=name, email="eve@example.com"))
    send_all()
    assert "Hello Evemanage_url \N{NO-BREAK SPACE}\u200d!," in outbox[0].body
