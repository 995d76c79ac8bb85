"""The names that the source documents and many programs have for our variables."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.mail import read_mail
from config.text_messages import choose_backend, read_sender
from config.tokens import read_access_seconds, read_token_key

pytestmark = pytest.mark.once
KEY = "k" * 32
SERVER = {"SMTP_HOST": "mail.example.com", "SMTP_USER": "ada", "SMTP_PASSWORD": "a:b@c/d"}


def mail(**environment: str) -> dict[str, Any]:
    return read_mail(environment, https=True, folder=Path("mail"))


def test_mail_by_the_variables_of_many_programs() -> None:
    found = mail(**SERVER, SMTP_FROM="Mill <mill@example.com>")
    assert found == {
        "EMAIL_BACKEND": "common.mail.EmailBackend",
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "ada",
        "EMAIL_HOST_PASSWORD": "a:b@c/d",
        "EMAIL_USE_TLS": True,
        "EMAIL_USE_SSL": False,
        "DEFAULT_FROM_EMAIL": "Mill <mill@example.com>",
    }


@pytest.mark.parametrize(
    ("environment", "port", "tls"),
    [
        ({}, 587, (True, False)),
        ({"SMTP_PORT": "465"}, 465, (False, True)),
        ({"SMTP_PORT": "2465", "SMTP_SSL": "true"}, 2465, (False, True)),
        ({"SMTP_PORT": "25", "SMTP_TLS": "0"}, 25, (False, False)),
        ({"SMTP_PORT": "25", "SMTP_USE_TLS": "False"}, 25, (False, False)),
    ],
)
def test_no_password_goes_in_the_clear_unless_somebody_says_so(
    environment: dict[str, str], port: int, tls: tuple[bool, bool]
) -> None:
    found = mail(SMTP_SERVER="mail.example.com", SMTP_USERNAME="ada", **environment)
    assert (found["EMAIL_PORT"], found["EMAIL_HOST_USER"]) == (port, "ada")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == tls


def test_our_own_name_comes_first() -> None:
    found = mail(EMAIL_URL="smtp+ssl://x:y@ours.example:465", DEFAULT_FROM_EMAIL="ours@x.example", **SERVER)
    assert (found["EMAIL_HOST"], found["DEFAULT_FROM_EMAIL"]) == ("ours.example", "ours@x.example")
    assert read_token_key({"JWT_SECRET": KEY, "JWT_SECRET_KEY": "other" * 8}, "secret") == KEY
    assert read_access_seconds({"JWT_ACCESS_SECONDS": "60", "JWT_EXPIRES_HOURS": "24"}) == 60
    assert read_sender({"SMS_SENDER": "Mill", "TWILIO_PHONE_NUMBER": "+1"}) == "Mill"
    assert choose_backend({"SMS_URL": "https://x.example", "TWILIO_ACCOUNT_SID": "AC1"}).endswith(".RestSms")
    assert choose_backend({"SMS_BACKEND": "a.B", "SMS_URL": "https://x.example"}) == "a.B"


def test_tokens_by_the_names_of_the_documents() -> None:
    assert read_token_key({"JWT_SECRET_KEY": KEY}, "secret") == KEY
    assert read_access_seconds({"JWT_EXPIRES_HOURS": "24"}) == 86_400
    assert read_access_seconds({"JWT_EXPIRES_HOURS": "0.5"}) == 1800
    assert read_access_seconds({}) == 86_400
    derived = read_token_key({}, "secret")
    assert len(derived) == 64
    assert derived != read_token_key({}, "another")


def test_text_messages_through_twilio() -> None:
    account = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_PHONE_NUMBER": "+4930123"}
    assert choose_backend(account) == "notifications.channels.twilio.TwilioSms"
    assert read_sender(account) == "+4930123"
    assert choose_backend({}).endswith(".ConsoleSms")


@pytest.mark.parametrize(
    ("read", "names"),
    [
        (lambda: mail(SMTP_HOST="x", SMTP_PORT="many"), "SMTP_PORT"),
        (lambda: mail(SMTP_HOST="x", SMTP_PORT="-1"), "SMTP_PORT"),
        (lambda: read_token_key({"JWT_SECRET_KEY": "short"}, "secret"), "JWT_SECRET_KEY"),
        (lambda: read_access_seconds({"JWT_EXPIRES_HOURS": "0"}), "JWT_EXPIRES_HOURS"),
        (lambda: read_access_seconds({"JWT_EXPIRES_HOURS": "nan"}), "JWT_EXPIRES_HOURS"),
        (lambda: read_access_seconds({"JWT_EXPIRES_HOURS": "a day"}), "JWT_EXPIRES_HOURS"),
        (lambda: choose_backend({"TWILIO_ACCOUNT_SID": "AC1"}), "TWILIO_AUTH_TOKEN"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(read: Any, names: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=names):
        read()
