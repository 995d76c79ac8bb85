"""An installation that cannot send says so, and calls nothing sent."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from notifications.checks import check_mail_is_sent
from notifications.models import Message
from notifications.services.delivering import deliver_message
from resources.enums import Role
from tests.factories import make_member, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CONSOLE = "django.core.mail.backends.console.EmailBackend"
NOWHERE = (CONSOLE, "django.core.mail.backends.dummy.EmailBackend")
ADDRESS = "you@example.com"


def _deliver(channel: str) -> Message:
    message = Message.objects.create(
        venue=make_venue(),
        kind="staff_calendar_conflict",
        channel=channel,
        recipient=ADDRESS,
        dedupe_key=channel,
        text="Hello",
        payload={"times": []},
    )
    deliver_message(message.pk)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("backend", NOWHERE)
def test_what_goes_nowhere_is_not_called_sent(settings: Settings, backend: str) -> None:
    settings.EMAIL_BACKEND = backend
    message = _deliver("email")
    assert (message.status, message.sent_at) == ("not_sent", None)
    assert "EMAIL_URL" in message.last_error


def test_text_messages_that_are_only_logged_are_not_sent(settings: Settings) -> None:
    settings.SMS_BACKEND = "notifications.channels.sms.ConsoleSms"
    message = _deliver("sms")
    assert message.status == "not_sent"
    assert "SMS_URL" in message.last_error


def test_what_goes_out_is_sent(mailoutbox: list[Any]) -> None:
    assert _deliver("email").status == "sent"
    assert len(mailoutbox) == 1


@pytest.mark.once
def test_deploying_without_mail_is_refused(settings: Settings) -> None:
    assert check_mail_is_sent(None) == []
    settings.EMAIL_BACKEND = CONSOLE
    (error,) = check_mail_is_sent(None)
    assert error.id == "notifications.E001"
    assert error.is_serious()


@pytest.mark.once
def test_a_test_mail_can_be_sent(settings: Settings, mailoutbox: list[Any]) -> None:
    said = StringIO()
    call_command("send_test_mail", ADDRESS, stdout=said)
    assert mailoutbox[0].to == [ADDRESS]
    assert said.getvalue().startswith(f"Sent to {ADDRESS}")
    settings.EMAIL_BACKEND = CONSOLE
    with pytest.raises(CommandError, match="No mail is sent"):
        call_command("send_test_mail", ADDRESS)
    settings.EMAIL_BACKEND = "common.mail.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    with pytest.raises(CommandError, match="could not be sent: ConnectionRefusedError"):
        call_command("send_test_mail", ADDRESS)


def test_staff_read_it_on_every_page_of_the_admin(client: Client, settings: Settings) -> None:
    client.force_login(make_member(make_venue(), Role.STAFF))
    pages = [reverse("admin:index"), reverse("admin:notifications_message_changelist")]
    assert all(b"No email is being sent" not in client.get(page).content for page in pages)
    settings.EMAIL_BACKEND = CONSOLE
    assert all(b"No email is being sent" in client.get(page).content for page in pages)
