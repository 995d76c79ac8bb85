"""No secret is ever logged: not in paths, arguments, words or tracebacks, whoever writes the line."""

import logging
import logging.config
import time
from collections.abc import Iterator
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from uvicorn.config import LOGGING_CONFIG

from accounts.services.guests import data_link_path
from calendars import links as feed_links
from calendars.models import CalendarFeed
from config.hidden import HidingRecord, configured_secrets, hide_secrets
from reservations.links import token_for
from resources import team_links
from resources.models import TeamInvitation
from tests.factories import book, make_resource
from waitlist import links as waitlist_links
from waitlist.models import WaitlistEntry

pytestmark = pytest.mark.once
ID = "0192f0c1-2b3c-7d4e-8f50-123456789abc"
TOKEN = "0f" * 16
SIGNATURE = "WlElmQy6C6lONxH-nu8vuTmU8RkHbdh1ycDYSuWb54_"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Not Found: /bookings/{ID}/{TOKEN}/cancel/", f"Not Found: /bookings/{ID}/[…]/cancel/"),
        (f"/calendars/{ID}/{TOKEN}0011.ics", f"/calendars/{ID}/[…].ics"),
        ("/accounts/password/reset/key/1-abc-def/ x", "/accounts/password/reset/key/[…]/ x"),
        ("/accounts/confirm-email/MQ:1t:x_y/", "/accounts/confirm-email/[…]/"),
        (f"/my-data/ImF-kYSI:1xXgKH:{SIGNATURE}/download/", "/my-data/[…]/download/"),
        (f'"GET /my-data/.ImFkYSI%3A1xXgKH%3A{SIGNATURE}/ HTTP/1.1"', '"GET /my-data/[…]/ HTTP/1.1"'),
        ("at 12:30:59 of 2027-03-28T14:30:00+02:00", "at 12:30:59 of 2027-03-28T14:30:00+02:00"),
        ("hf_ab12_S3cr-et_x.", "hf_ab12_[…]."),
        (f"token {JWT}", "token […]"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer […]"),
        ("sk_live_123456789 whsec_abcdefgh", "sk_[…] whsec_[…]"),
        ("smtp://me:pass@host:25", "smtp://me:[…]@host:25"),
        ("/x/?a=1&token=abc&b=2", "/x/?a=1&token=[…]&b=2"),
        ("GET /stream/?ticket=a-b_c&since=1", "GET /stream/?ticket=[…]&since=1"),
        ("/callback/?code=abc&state=def", "/callback/?code=[…]&state=[…]"),
        ("sessionid=abc; csrftoken=def", "sessionid=[…]; csrftoken=[…]"),
        (f"/api/reservations/{ID} took 12 ms", f"/api/reservations/{ID} took 12 ms"),
        ("known-value here", "[…] here"),
    ],
)
def test_secrets_are_hidden_and_nothing_else(text: str, shown: str) -> None:
    assert hide_secrets(text, ["known-value"]) == shown


@pytest.mark.parametrize(
    "unit",
    [
        "-eyJ",
        "a:123456:",
        "a%3A",
        ".",
        "-hf_a",
        "://a:",
        "://a:b@",
        f"/{ID}",
        "token-",
        "&key",
        "Bearer ",
        "-sk_",
        "/reset/key/",
        "a",
    ],
)
def test_the_longest_address_there_is_costs_no_time(unit: str) -> None:
    """64 KB of what looks like the beginnings of secrets: anybody can ask for that."""
    before = time.thread_time()
    hide_secrets(unit * (65_536 // len(unit)))
    assert time.thread_time() - before < 5  # tenths of a second; half a minute where each is tried to the end


def test_what_the_environment_keeps_secret_is_known() -> None:
    environment = {"SECRET_KEY": "s" * 9, "SMS_TOKEN": "t" * 8, "EMAIL_PASSWORD": "x", "HOST": "h" * 20}
    assert configured_secrets(environment) == ("s" * 9, "t" * 8)


def test_arguments_words_and_tracebacks_of_any_logger(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("somebody.else")
    logger.warning("A %s %d %s", f"/bookings/{ID}/{TOKEN}/", 7, ValueError(f"Bearer {TOKEN}"))
    logger.warning("/bookings/%s/%s/", ID, TOKEN)
    logger.warning("%(path)s", {"path": f"?token={TOKEN}"})
    try:
        raise ValueError(f"/waitlist/{ID}/{TOKEN}/")
    except ValueError:
        logger.exception("It failed.")
    assert TOKEN not in caplog.text
    assert caplog.text.count("[…]") == 5
    assert "ValueError" in caplog.text
    assert "A /bookings/" in caplog.text


def test_the_access_log_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    written = StringIO()
    logging.config.dictConfig(LOGGING_CONFIG | {"disable_existing_loggers": False})
    access = logging.getLogger("uvicorn.access")
    monkeypatch.setattr(access.handlers[0], "stream", written)
    access.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1", "GET", f"/bookings/{ID}/{TOKEN}/", "1.1", 200)
    assert f"GET /bookings/{ID}/[…]/ HTTP/1.1" in written.getvalue()
    assert logging.getLogRecordFactory() is HidingRecord


def list_routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from list_routes(each, f"{before}{each.pattern}")
        else:
            yield f"{before}{each.pattern}"


@pytest.mark.django_db
def test_every_secret_link_there_is(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    booked = book(make_resource())
    entry, invitation, feed = WaitlistEntry(), TeamInvitation(), CalendarFeed()
    secrets = [
        (reverse("reservation-manage", args=[booked.pk, token_for(booked)]), token_for(booked)),
        (waitlist_links.entry_path(entry), waitlist_links.token_for(entry)),
        (team_links.invitation_path(invitation), team_links.token_for(invitation)),
        (feed_links.feed_url(feed), feed_links.token_for(feed)),
        (data_link_path("ada@example.com"), data_link_path("ada@example.com").split("/")[2]),
    ]
    tried = {urlsplit(path).path.split("/")[1] for path, _token in secrets}
    assert {route.split("/")[0] for route in list_routes(get_resolver()) if "token>" in route} == tried
    for path, token in secrets:
        logging.getLogger("x").warning("Seen: %s", path)
        client.post(path + "nothing/")
        assert token in path
        assert token not in caplog.text
    assert "Not Found" in caplog.text
