"""Guests who have lost the link to their booking."""

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from common.unchanged import ALWAYS_NEW
from notifications.models import Message
from notifications.tests.helpers import send_all
from reservations.links import manage_path
from tests.factories import at, book, make_resource

pytestmark = pytest.mark.django_db


def test_a_lost_link_is_sent_to_its_own_address_alone(client: Client, mailoutbox: list[EmailMessage]) -> None:
    mine = book(make_resource(), at(3))
    Message.objects.all().delete()
    guesses = [
        {"email": "ada@example.com", "code": mine.code.lower()},
        {"email": "ada@example.com", "code": "XXXXXXXXXX"},
        {"email": "eve@example.com", "code": mine.code},
        {"email": "ada@example.com", "code": mine.code},
    ]

    answers = [client.post("/find-my-booking/", guess) for guess in guesses]

    said = {ALWAYS_NEW.sub(rb"", answer.content).replace(b"eve@", b"ada@") for answer in answers}
    assert len(said) == 1
    assert answers[0].status_code == 200
    sent = Message.objects.get()  # once, however often it is asked for
    assert (sent.kind, sent.recipient, sent.subject_id) == ("link", "ada@example.com", str(mine.pk))
    send_all()
    assert manage_path(mine) in mailoutbox[-1].body
