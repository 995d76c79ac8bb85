"""Secrets are hidden in every record that is logged, whoever logs it and wherever it is written.

By the factory of records, because servers and libraries bring handlers that know no filter of ours.
"""

import logging
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[…]"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<=/)(?P<kept>{UUID}/)[0-9a-f]{{20,}}",  # links to bookings, waitlist entries, feeds, invitations
        r"(?P<kept>/(?:reset/key|confirm-email)/)[^/?\s\"']+",
        # What we sign, as it stands in addresses and access logs: links to guests' data, devices, tickets.
        r"(?<![\w.-])[\w.-]+(?P<colon>:|%3A)\w{5,7}(?P=colon)[\w-]{43}(?![\w-])",
        r"(?P<kept>\bhf_[a-z0-9]+_)[\w-]+",  # API keys
        # Tokens of sessions; at a word's beginning, else each "-eyJ" of many would be tried to their end.
        r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]+\.[\w-]+",
        r"(?P<kept>\b(?:sk|rk|whsec)_)\w{8,}",  # the payment provider's
        r"(?P<kept>\b(?:Bearer|Basic) )[\w.~+/=-]{6,}",
        r"(?P<kept>://[^/\s:@]*:)[^/\s@]+(?=@)",
        r"(?P<kept>\b\w*(?:token|ticket|secret|password|signature|sessionid|csrftoken)=)[^&;\s\"']+",
        r"(?P<kept>[?&](?:key|code|state)=)[^&\s\"']+",
    )
)
NAMES = re.compile(r"(SECRET|TOKEN|PASSWORD|KEY)\w*$")
SHORTEST = 8
"""What is shorter in the environment is a word that may stand anywhere."""


def configured_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    found = (value for name, value in environment.items() if NAMES.search(name))
    return tuple(sorted({value for value in found if len(value) >= SHORTEST}, key=len, reverse=True))


def hide_secrets(text: str, known: Iterable[str] = ()) -> str:
    for value in known:
        text = text.replace(value, HIDDEN)
    for pattern in PATTERNS:
        text = pattern.sub(lambda found: (found.groupdict().get("kept") or "") + HIDDEN, text)
    return text


class HidingRecord(logging.LogRecord):
    known: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.args, tuple):
            self.args = tuple(map(self._hide_in, self.args))
        elif isinstance(self.args, Mapping):
            self.args = {name: self._hide_in(value) for name, value in self.args.items()}
        self._hide_in_message()
        if self.exc_info and self.exc_info[0]:
            self.exc_text = self._hide(logging.Formatter().formatException(self.exc_info))
        if self.stack_info:
            self.stack_info = self._hide(self.stack_info)

    def _hide(self, text: str) -> str:
        return hide_secrets(text, self.known)

    def _hide_in(self, value: Any) -> Any:
        """Numbers stay numbers, and whatever has no secret stays as it is."""
        if isinstance(value, int | float) or value is None:
            return value
        text = str(value)
        hidden = self._hide(text)
        return value if hidden == text else hidden

    def _hide_in_message(self) -> None:
        try:
            text = self.getMessage()
        except (TypeError, ValueError, KeyError):
            return  # a mistake of whoever logs, which logging reports where it is written
        hidden = self._hide(text)
        if hidden != text:
            self.msg, self.args = hidden, ()


def hide_secrets_in_logs() -> None:
    HidingRecord.known = configured_secrets(os.environ)
    logging.setLogRecordFactory(HidingRecord)
