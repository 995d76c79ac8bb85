import hashlib
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from calendars.models import ExternalCalendar
from common.outgoing import AddressRefused, DeliveryFailed, check_address, send_request
from common.parsing import split_address
from common.sealing import seal, unseal_if_possible

SECONDS, MOST_BYTES, REDIRECTS = 20, 5_242_880, 5


class FetchFailed(Exception):
    """The text is for the venue's staff and never contains the address."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """``text`` is None when the server says that nothing has changed."""

    text: bytes | None
    etag: str = ""
    last_modified: str = ""
    digest: str = ""


def require_usable_address(url: str) -> str:
    """``url`` with a scheme that can be fetched. Raises ``AddressRefused``, also for private addresses."""
    scheme, _colon, rest = url.strip().partition(":")
    if scheme.lower() in ("webcal", "webcals"):
        scheme = "https"
    address = f"{scheme.lower()}:{rest}"
    check_address(address)
    return address


def seal_address(url: str) -> str:
    return seal(url)


def address_of(calendar: ExternalCalendar) -> str:
    """Empty once the key under which it was sealed is gone."""
    return str(unseal_if_possible(calendar.sealed_url) or "")


def masked_address(calendar: ExternalCalendar) -> str:
    """The host only: the rest may be a secret."""
    parts = split_address(address_of(calendar))
    if not parts.hostname:
        return "…"
    return f"{parts.scheme}://{parts.hostname}/…"


def fetch_file(calendar: ExternalCalendar, *, afresh: bool) -> Fetched:
    """``afresh`` asks for the whole file in any case. Raises ``FetchFailed``."""
    headers = {"Accept": "text/calendar, */*;q=0.5", "Accept-Encoding": "gzip"}
    if not afresh:
        conditions = {"If-None-Match": calendar.etag, "If-Modified-Since": calendar.last_modified}
        headers |= {name: value for name, value in conditions.items() if value}
    address = address_of(calendar)
    if not address:
        raise FetchFailed(str(_("We can't read the address any more. Enter it again.")))
    response = _request_file(address, headers)
    if response.status == 304 and not afresh:
        return Fetched(None, calendar.etag, calendar.last_modified, calendar.content_hash)
    if not response.is_ok:
        raise FetchFailed(str(_("The server answered with status %d.") % response.status))
    etag, modified = response.headers.get("etag", ""), response.headers.get("last-modified", "")
    digest = hashlib.sha256(response.body).hexdigest()
    return Fetched(
        response.body,
        etag if len(etag) <= 500 else "",
        modified if len(modified) <= 100 else "",
        digest,
    )


def _request_file(url: str, headers: dict[str, str]) -> Any:
    try:
        return send_request(
            "GET", url, headers=headers, seconds=SECONDS, most_bytes=MOST_BYTES, redirects=REDIRECTS
        )
    except AddressRefused as error:
        raise FetchFailed(str(error)) from error
    except DeliveryFailed as error:
        raise FetchFailed(_reason_of(error)) from error


def _reason_of(error: DeliveryFailed) -> str:
    """Without the address, which some errors repeat."""
    text = str(error)
    if "longer than" in text or "took too long" in text or "redirects" in text:
        return text
    return str(_("We can't reach the server: %s.") % text.partition(":")[0])
