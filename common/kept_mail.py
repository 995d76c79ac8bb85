"""Mail on one's own machine: kept in files to look at, with a line on the console for each."""

from collections.abc import Sequence
from email.utils import localtime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.text import slugify

MOST_KEPT = 500


class EmailBackend(BaseEmailBackend):
    """``EMAIL_FILE_PATH`` is the folder."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(getattr(settings, "EMAIL_FILE_PATH", "var/mail"))

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            print(self._keep(message), flush=True)
        return len(email_messages)

    def _keep(self, message: EmailMessage) -> str:
        now, text = localtime(), _write_text(message)
        name = f"{now:%Y%m%d-%H%M%S-%f}-{slugify(message.subject)[:60]}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(f"{name}.txt", text)
            for page in _list_pages(message):
                self._write(f"{name}.html", page)
            self._forget_old()
        except OSError:  # where nothing may be written, it is shown
            return text
        return f"Mail to {', '.join(message.to)}: {message.subject} ({self.folder / name}.txt)"

    def _write(self, name: str, text: str) -> None:
        # It holds secret links.
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")

    def _forget_old(self) -> None:
        for old in sorted(self.folder.glob("*-*.*"))[:-MOST_KEPT]:
            old.unlink(missing_ok=True)


def _write_text(message: EmailMessage) -> str:
    head = f"From: {message.from_email}\nTo: {', '.join(message.to)}\nSubject: {message.subject}\n"
    return f"{head}\n{message.body}\n"


def _list_pages(message: EmailMessage) -> list[str]:
    parts = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    return [str(content) for content, kind in parts if kind == "text/html"]
