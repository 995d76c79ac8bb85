from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python

from accounts.models import USERNAME, User
from common.parsing import refuse

PREFERENCES = {
    "reminders": "wants_reminders",
    "reminder_hours": "reminder_hours",
    "sms_updates": "wants_sms",
    "newsletter": "wants_newsletter",
}
"""Name of a preference -> field of the account."""


def edit_account(*, user: User, changes: Mapping[str, Any]) -> User:
    """Set what ``changes`` names (``preferences`` by their own names). Raises ``InvalidInput``."""
    plain = {name: value for name, value in changes.items() if name != "preferences"}
    preferences = {PREFERENCES[name]: value for name, value in changes.get("preferences", {}).items()}
    values = {name: _CLEANERS.get(name, _keep)(user, value) for name, value in plain.items()} | preferences
    for name, value in values.items():
        setattr(user, name, value)
    try:
        with transaction.atomic():
            user.save(update_fields=list(values))
    except IntegrityError:  # only the user name can collide, with one chosen in this very moment
        refuse("username", get_adapter().error_messages["username_taken"])
    return user


def _keep(user: User, value: Any) -> Any:
    return value


def _clean_username(user: User, text: str | None) -> str | None:
    if not text:
        return None
    try:
        if text.lower() == (user.username or "").lower():
            USERNAME(text)
        else:
            get_adapter().clean_username(text)
    except ValidationError as error:
        refuse("username", error.messages[0])
    return text


def _clean_phone(user: User, text: str) -> str:
    number = to_python(text) if text else None
    if text and (number is None or not number.is_valid()):
        refuse("phone", _("Enter a phone number with country code, like +49 30 1234567."))
    return str(number.as_e164) if number else ""


def _clean_time_zone(user: User, name: str) -> ZoneInfo | str:
    if name and name not in zone_names():
        refuse("time_zone", _("Unknown time zone. Choose one from the list."))
    return ZoneInfo(name) if name else ""


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


_CLEANERS: dict[str, Callable[[User, Any], Any]] = {
    "username": _clean_username,
    "phone": _clean_phone,
    "time_zone": _clean_time_zone,
}
