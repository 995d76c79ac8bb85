"""Messages and templates in the admin: one's own venues' only."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from notifications.enums import MessageStatus
from notifications.kinds import kinds
from notifications.models import Message, MessageTemplate
from notifications.tests.helpers import send_all
from reservations.links import token_for
from reservations.messages.names import BookingMessage
from resources.enums import Role
from resources.models import Venue
from tests.factories import book, make_leader, make_member, make_resource, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LOG = "/admin/notifications/message/"
TEMPLATES = "/admin/notifications/messagetemplate/"


@pytest.fixture
def venue() -> Venue:
    found = make_venue()
    open_always(found)
    return found


@pytest.fixture
def boss(client: Client, venue: Venue) -> User:
    """The manager who is signed in."""
    found = make_member(venue, Role.MANAGER)
    client.force_login(found)
    return found


def template(venue: Venue | None, **fields: str) -> MessageTemplate:
    defaults = {
        "kind": BookingMessage.CONFIRMED,
        "subject": "Hi {{ code }}",
        "text": "Dear {{ name }}, {{ manage_url }}",
    }
    return MessageTemplate.objects.create(venue=venue, **(defaults | fields))


def form(venue: Venue | str, **fields: str) -> dict[str, str]:
    defaults = {
        "venue": str(venue.pk) if isinstance(venue, Venue) else venue,
        "kind": "confirmed",
        "channel": "email",
        "language": "de",
        "subject": "Hallo {{ code }}",
        "text": "Guten Tag {{ name }}",
        "html": "",
        "is_active": "on",
    }
    return defaults | fields


def test_a_manager_writes_and_previews_their_own_words(client: Client, boss: User, venue: Venue) -> None:
    saved = client.post(f"{TEMPLATES}add/", form(venue))
    assert saved.status_code == 302
    row = MessageTemplate.objects.get()
    page = client.get(reverse("admin:message-preview", args=[row.pk]))
    assert "Hallo SAMPLE2345" in page.content.decode()
    assert "Guten Tag Ada Lovelace" in page.content.decode()
    html = client.get(reverse("admin:message-preview-html", args=[row.pk]))
    assert html.content.decode().startswith("<!doctype html>")
    assert html["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert html["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("kind", kinds.names())
def test_every_kind_can_be_previewed(client: Client, boss: User, venue: Venue, kind: str) -> None:
    page = client.get(f"{TEMPLATES}add/", {"kind": kind, "language": "de"})
    words = page.context["adminform"].form.initial
    row = template(venue, kind=kind, subject=words["subject"], text=words["text"], language="de")
    row.full_clean()
    shown = client.get(reverse("admin:message-preview", args=[row.pk]))
    assert "{{" not in shown.context["made"].text
    assert shown.status_code == 200


@pytest.mark.parametrize("broken", ["{{ nobody }}", "{% load i18n %}", "{{ name.pk }}", "{{ name"])
def test_broken_words_are_refused_at_their_field(
    client: Client, boss: User, venue: Venue, broken: str
) -> None:
    answer = client.post(f"{TEMPLATES}add/", form(venue, text=broken))
    assert answer.status_code == 200
    assert "text" in answer.context["adminform"].form.errors
    assert not MessageTemplate.objects.exists()


def test_other_venues_words_are_not_there(client: Client, boss: User, venue: Venue) -> None:
    strangers = [template(make_venue()), template(None)]
    mine = template(venue)
    listed = client.get(TEMPLATES).context["cl"].queryset
    assert list(listed) == [mine]
    for row in strangers:
        for name in ("message-preview", "message-preview-html"):
            assert client.get(reverse(f"admin:{name}", args=[row.pk])).status_code == 404
        assert client.get(f"{TEMPLATES}{row.pk}/change/").status_code == 302
    for target in (make_venue(), ""):
        assert client.post(f"{TEMPLATES}add/", form(target)).status_code == 200
    assert MessageTemplate.objects.count() == 3


def test_staff_look_at_words_only(client: Client, venue: Venue) -> None:
    client.force_login(make_member(venue, Role.STAFF))
    row = template(venue)
    assert client.get(reverse("admin:message-preview", args=[row.pk])).status_code == 200
    assert client.post(f"{TEMPLATES}{row.pk}/change/", form(venue)).status_code == 403
    assert client.post(f"{TEMPLATES}add/", form(venue)).status_code == 403


def test_guests_see_nothing(client: Client, venue: Venue) -> None:
    row = template(venue)
    for address in (LOG, TEMPLATES, reverse("admin:message-preview", args=[row.pk])):
        assert client.get(address).status_code == 302


def test_the_log_shows_messages_without_their_secrets(client: Client, boss: User, venue: Venue) -> None:
    reservation = book(make_resource(venue))
    book(make_resource())
    send_all()
    listed = client.get(LOG).context["cl"].queryset
    assert set(listed) == set(Message.objects.filter(venue=venue))
    message = Message.objects.get(venue=venue, kind=BookingMessage.CONFIRMED)
    page = client.get(f"{LOG}{message.pk}/change/").content.decode()
    assert reservation.code in page
    assert token_for(reservation) not in page
    assert client.post(f"{LOG}{message.pk}/change/", {"recipient": "x@example.com"}).status_code == 403
    found = client.get(LOG, {"q": reservation.code}).context["cl"].queryset
    assert message in found


def test_sending_again_makes_a_copy_and_says_who(client: Client, boss: User, venue: Venue) -> None:
    book(make_resource(venue))
    send_all()
    first = Message.objects.get(kind=BookingMessage.CONFIRMED)
    chosen = {"action": "send_once_more", "_selected_action": [str(first.pk)]}
    page = client.post(LOG, chosen).content.decode()
    assert f"Email to {first.recipient}" in page
    assert first.subject in page
    assert not Message.objects.filter(resend_of=first).exists(), "it asks first"
    chosen["confirmed"] = "1"
    client.post(LOG, chosen)
    copy = Message.objects.get(resend_of=first)
    assert copy.resent_by == boss
    assert (copy.text, copy.recipient, copy.status) == (first.text, first.recipient, MessageStatus.WAITING)
    again = chosen | {"_selected_action": [str(copy.pk)]}
    assert "already on its way" in client.post(LOG, again | {"confirmed": ""}).content.decode()
    client.post(LOG, again)
    assert Message.objects.filter(resend_of=copy).count() == 0, "it is on its way already"


def test_facilitators_do_not_read_what_customers_are_told(client: Client, venue: Venue) -> None:
    room = make_resource(venue)
    book(room)
    send_all()
    client.force_login(make_leader(room))
    first = Message.objects.get()
    chosen = {"action": "send_once_more", "_selected_action": [str(first.pk)], "confirmed": "1"}
    for answer in (client.get(LOG), client.get(f"{LOG}{first.pk}/change/"), client.post(LOG, chosen)):
        assert answer.status_code == 403
    assert Message.objects.count() == 1
