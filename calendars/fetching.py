"""Gets an external calendar's file."""

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from calendars.models import ExternalCalendar
from common.outgoing import AddressRefused, DeliveryFailed, check_address, send_request
from common.sealing import seal, unseal

SECONDS, MOST_BYTES, REDIRECTS = 20, 5_242_880, 5


class FetchFailed(Exception):
    """Says why, for the venue's staff; never the address."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """``text`` is None when the server says that nothing has changed."""

    text: bytes | None
    etag: str = ""
    last_modified: str = ""
    digest: str = ""


def usable_address(url: str) -> str:
    """With a scheme that can be fetched. Raises ``AddressRefused``, also for what is not public."""
    scheme, _colon, rest = url.strip().partition(":")
    if scheme.lower() in ("webcal", "webcals"):
        scheme = "https"
    address = f"{scheme.lower()}:{rest}"
    check_address(address)
    return address


def sealed(url: str) -> str:
    return seal(url)


def address_of(calendar: ExternalCalendar) -> str:
    return str(unseal(calendar.sealed_url))


def shown_address(calendar: ExternalCalendar) -> str:
    """Enough to recognize it: the rest may be a secret."""
    parts = urlsplit(address_of(calendar))
    return f"{parts.scheme}://{parts.hostname}/…"


def fetch_file(calendar: ExternalCalendar, *, afresh: bool) -> Fetched:
    """``afresh`` does not accept that nothing has changed. Raises ``FetchFailed``."""
    headers = {"Accept": "text/calendar, */*;q=0.5", "Accept-Encoding": "gzip"}
    if not afresh:
        known = {"If-None-Match": calendar.etag, "If-Modified-Since": calendar.last_modified}
        headers |= {name: value for name, value in known.items() if value}
    answer = _answer(address_of(calendar), headers)
    if answer.status == 304 and not afresh:
        return Fetched(None, calendar.etag, calendar.last_modified, calendar.content_hash)
    if not answer.is_ok:
        raise FetchFailed(str(_("The server answered with status %d.") % answer.status))
    etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    digest = hashlib.sha256(answer.body).hexdigest()
    return Fetched(
        answer.body,
        etag if len(etag) <= 500 else "",
        modified if len(modified) <= 100 else "",
        digest,
    )


def _answer(url: str, headers: dict[str, str]) -> Any:
    try:
        return send_request(
            "GET", url, headers=headers, seconds=SECONDS, most_bytes=MOST_BYTES, redirects=REDIRECTS
        )
    except AddressRefused as error:
        raise FetchFailed(str(error)) from error
    except DeliveryFailed as error:
        raise FetchFailed(_why(error)) from error


def _why(error: DeliveryFailed) -> str:
    """Without the address, which some errors repeat."""
    text = str(error)
    if "longer than" in text or "took too long" in text or "redirects" in text:
        return text
    return str(_("The server cannot be reached: %s.") % text.partition(":")[0])
