"""Text messages through Twilio: https://www.twilio.com/docs/messaging/api/message-resource."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from common.outgoing import Answer, send_request
from notifications.channels.errors import MessageRefused

BAD_NUMBERS = {
    21211,  # no such number
    21214,  # cannot be reached
    21217,  # does not look like a number
    21610,  # has answered STOP
    21614,  # no mobile phone
}


class TwilioSms:
    """Twilio knows no key against repeats: a text whose answer was lost may come twice."""

    def send(self, to: str, text: str, *, reference: str) -> str:
        answer = send_request(
            "POST",
            f"{settings.TWILIO_API_BASE}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json",
            headers={"Authorization": _sign_in(), "Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"To": to, "From": settings.SMS_SENDER, "Body": text}).encode(),
        )
        said = _read(answer)
        if answer.is_ok:
            return str(said.get("sid", ""))[:300]
        reason = f"HTTP {answer.status}: {said.get('message', '')}"
        if answer.status == 400:
            raise MessageRefused(reason, is_address=said.get("code") in BAD_NUMBERS)
        raise ConnectionError(reason)


def _sign_in() -> str:
    pair = f"{settings.TWILIO_ACCOUNT_SID}:{settings.TWILIO_AUTH_TOKEN}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _read(answer: Answer) -> dict[str, Any]:
    try:
        data = json.loads(answer.body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
