"""Which way mail goes is a matter of the environment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

ASK = """
import json, django
django.setup()
from django.conf import settings
from django.urls import Resolver404, resolve
def answers(path):
    try:
        return bool(resolve(path))
    except Resolver404:
        return False
print(json.dumps({
    "backend": settings.EMAIL_BACKEND, "anymail": settings.ANYMAIL, "sms": settings.SMS_BACKEND,
    "hooks": [answers(f"/hooks/mail/{name}/tracking/") for name in ("mailgun", "postmark")],
}))
"""


def configured(**environment: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=Path(settings.BASE_DIR),
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "x"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_provider_by_environment() -> None:
    found = configured(
        EMAIL_PROVIDER="mailgun",
        ANYMAIL_MAILGUN_API_KEY="key",
        ANYMAIL_WEBHOOK_SECRET="user:password",
        SMS_URL="https://sms.example/send",
    )
    assert found["backend"] == "anymail.backends.mailgun.EmailBackend"
    assert found["anymail"]["MAILGUN_API_KEY"] == "key"
    assert found["hooks"] == [True, False]
    assert found["sms"].endswith(".RestSms")


def test_without_one_mail_goes_where_the_url_says() -> None:
    found = configured(EMAIL_URL="consolemail://")
    assert found["backend"] == "django.core.mail.backends.console.EmailBackend"
    assert found["hooks"] == [False, False]
    assert found["sms"].endswith(".ConsoleSms")
