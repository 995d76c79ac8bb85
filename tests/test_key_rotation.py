"""With the old key as a fallback, a new one ends nothing; without it, everything."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from pytest_django import Settings

from calendars import links as feed_links
from calendars.models import CalendarFeed
from common.clock import now
from common.sealing import seal, unseal
from reservations import links as booking_links
from reservations.models import Reservation
from resources import team_links
from resources.models import TeamInvitation
from waitlist import links as waitlist_links
from waitlist.models import WaitlistEntry

pytestmark = pytest.mark.once
LINKS: list[tuple[Any, Any]] = [
    (booking_links, partial(Reservation, ends_at=now())),
    (waitlist_links, partial(WaitlistEntry, preferred_on=now().date())),
    (feed_links, CalendarFeed),
    (team_links, TeamInvitation),
]


@pytest.mark.parametrize(("links", "model"), LINKS, ids=lambda each: getattr(each, "__name__", ""))
def test_links_outlive_the_key(links: Any, model: Callable[[], Any], settings: Settings) -> None:
    row = model()
    old, token = settings.SECRET_KEY, links.token_for(row)
    settings.SECRET_KEY = "another"
    assert not links.is_valid(row, token)
    settings.SECRET_KEY_FALLBACKS = ["x", old]
    assert links.is_valid(row, token)
    assert links.is_valid(row, links.token_for(row))
    assert links.token_for(row) != token
    assert not links.is_valid(model(), token)


def test_what_is_sealed_can_be_opened_under_the_next_key(settings: Settings) -> None:
    old, sealed = settings.SECRET_KEY, seal("open sesame")
    settings.SECRET_KEY = "another"
    with pytest.raises(InvalidToken):
        unseal(sealed)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(sealed) == "open sesame"
    again = seal("new")
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(again) == "new"
