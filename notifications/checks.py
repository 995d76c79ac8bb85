from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from notifications.channels import can_send
from notifications.enums import Channel


@register(deploy=True)
def check_mail_is_sent(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if can_send(Channel.EMAIL):
        return []
    hint = "Set EMAIL_URL or EMAIL_PROVIDER, then try it: python manage.py send_test_mail you@example.com"
    return [Error("No mail is sent: nobody gets a confirmation.", hint=hint, id="notifications.E001")]
