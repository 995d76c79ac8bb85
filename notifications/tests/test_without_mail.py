"""An installation that cannot send says so, and calls nothing sent."""

import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from common import kept_mail
from notifications.checks import check_mail_is_sent
from notifications.models import Message
from notifications.services.delivering import deliver_message
from resources.enums import Role
from tests.factories import make_member, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CONSOLE = "django.core.mail.backends.console.EmailBackend"
KEPT = "common.kept_mail.EmailBackend"
NOWHERE = (CONSOLE, KEPT, "django.core.mail.backends.dummy.EmailBackend")
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


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def test_mail_is_kept_to_look_at_and_takes_one_line_of_the_console(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_mail, "MOST_KEPT", 4)
    connection = get_connection(KEPT)
    for number in range(3):
        mail = EmailMultiAlternatives(f"Über {number}/..", "Grüße", "a@example.com", [ADDRESS])
        mail.attach_alternative("<p>Grüße</p>", "text/html")
        assert connection.send_messages([mail]) == 1
    lines, files = capsys.readouterr().out.splitlines(), sorted(folder.iterdir())
    assert len(lines) == 3
    assert lines[-1] == f"Mail to {ADDRESS}: Über 2/.. ({files[-1]})"
    assert [file.suffix for file in files] == [".html", ".txt"] * 2
    assert files[-1].read_text().endswith(f"To: {ADDRESS}\nSubject: Über 2/..\n\nGrüße\n")
    assert files[-2].read_text() == "<p>Grüße</p>"
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (folder, *files)} == {0}


def test_mail_that_cannot_be_kept_is_shown(
    settings: Settings, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("no folder")
    assert get_connection(KEPT).send_messages([EmailMessage("Hello", "A link", None, [ADDRESS])]) == 1
    assert "Subject: Hello\n\nA link" in capsys.readouterr().out


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
