"""What is no address, though it begins like one, is an error of nobody's: no page and no program fails."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import RequestFactory

from common.parsing import split_address
from frontdesk.views.planning import find_way_back
from lending.scanning import read_code
from webhooks.models import WebhookEndpoint
from webhooks.services import must_ask_token_again

pytestmark = pytest.mark.once
ODD = ["http://[::1", "https://a]b", "http://[x]/", "https://\N{DOUBLE-STRUCK CAPITAL C}\u2100.example/"]
OWN_OR_CHECKED = {
    "accounts/adapters.py",  # links that allauth made
    "bench/engines.py",
    "calendars/ical.py",
    "common/jobs.py",
    "common/kept_answers.py",  # of a referrer that Django found to be ours
    "common/outgoing.py",
    "common/parsing.py",
    "config/browsers.py",
    "config/settings.py",
}


@pytest.mark.parametrize("text", ODD)
def test_what_is_no_address_has_no_parts(text: str) -> None:
    assert (split_address(text).netloc, read_code(text, "mill")) == ("", text)
    assert find_way_back(RequestFactory().get("/", headers={"Referer": text}), "/here/") == "/here/"
    endpoint = WebhookEndpoint(url="https://ours.example/", bearer_token="sealed")
    assert must_ask_token_again(endpoint, text)


def test_addresses_from_outside_are_taken_apart_in_one_place() -> None:
    root = Path(settings.BASE_DIR)
    files = [
        path for path in root.glob("*/**/*.py") if "tests" not in path.parts and ".venv" not in path.parts
    ]
    found = {
        str(path.relative_to(root)) for path in files if re.search(r"\burl(split|parse)\(", path.read_text())
    }
    assert found <= OWN_OR_CHECKED
