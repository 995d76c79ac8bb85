"""How Stripe's package reaches Stripe: each request ends by a fixed time. Imported with that package only."""

from collections.abc import Mapping
from typing import Any

import stripe

from common.outgoing import AddressRefused, DeliveryFailed, send_request

MOST_BYTES = 4_194_304


class HttpClient(stripe.HTTPClient):
    name = "holdfast"

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            answer = send_request(
                method.upper(),
                url,
                headers=headers,
                body=post_data.encode() if post_data else None,
                seconds=self._seconds,
                most_bytes=MOST_BYTES,
                trusted=True,
            )
        except (AddressRefused, DeliveryFailed) as error:
            raise stripe.APIConnectionError(str(error)) from error  # type: ignore[no-untyped-call]
        return answer.body.decode(), answer.status, answer.headers

    def close(self) -> None:
        """Nothing stays open."""
