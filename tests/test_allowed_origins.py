"""What the settings about browsers mean, and what is refused before the server starts."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.browsers import read_cookie_domain, read_origins, read_same_site

SITE = "https://book.example.com"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:0443", "https://shop.example"),
        ("https://shop.example:08443", "https://shop.example:8443"),
        ("https://a-1.xn--bcher-kva.example.", "https://a-1.xn--bcher-kva.example."),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_origins_are_what_browsers_call_them(text: str, origin: str) -> None:
    assert read_origins([text]) == [origin]


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "null",
        "shop.example",
        "https://*.example",
        "https://a.b/path",
        "ftp://a.b",
        "https://ü*.b",
        "https://a.b;c",
        "https://a..b",
        "https://.",
        "https://-a.b",
        "https://a.b:0",
        "https://a.b:65536",
        f"https://{'a' * 64}.b",
        "https://" + "a." * 127 + "b",
    ],
)
def test_what_is_no_origin_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"CORS_ALLOWED_ORIGINS: .* is no origin\."):
        read_origins([text])


def test_cookies_for_other_sites_need_https() -> None:
    assert [read_same_site(text, https=False) for text in ("", "lax", "Lax")] == ["Lax"] * 3
    assert read_same_site("none", https=True) == "None"
    with pytest.raises(ImproperlyConfigured, match="COOKIE_SAMESITE=None needs HTTPS"):
        read_same_site("None", https=False)
    with pytest.raises(ImproperlyConfigured, match="COOKIE_SAMESITE is Lax, or None"):
        read_same_site("Strict", https=True)


@pytest.mark.parametrize(
    ("text", "domain"),
    [("", None), ("example.com", "example.com"), (".Example.com", "example.com"), ("book.example.com",) * 2],
)
def test_the_cookies_domain(text: str, domain: str | None) -> None:
    assert read_cookie_domain(text, site_url=SITE) == domain


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("shop.example", SITE),
        ("com", SITE),
        ("k.example.com", SITE),
        ("a.book.example.com", SITE),
        ("https://example.com", SITE),
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_a_domain_that_browsers_would_not_keep_is_refused(text: str, site: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"COOKIE_DOMAIN=.*: browsers keep no such cookie"):
        read_cookie_domain(text, site_url=site)
