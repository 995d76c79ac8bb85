"""By which addresses visitors are counted."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from common.throttling import client_address, client_network

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("told", "address", "network"),
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:50123", "203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("2001:DB8:1:2:3::4", "2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ("[2001:db8:1:2:5::6]:443", "2001:db8:1:2:5::6", "2001:db8:1:2::"),
        ("a socket", "a socket", "a socket"),
        ("", "", ""),
    ],
)
def test_one_visitor_has_one_network(settings: Settings, told: str, address: str, network: str) -> None:
    """However the proxy writes it: a port, or one of the many addresses of IPv6, makes no other visitor."""
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    request = RequestFactory().get("/", headers={"X-Forwarded-For": f"1.2.3.4, {told}"}, REMOTE_ADDR="::1")
    assert (client_address(request), client_network(request)) == (address, network)
