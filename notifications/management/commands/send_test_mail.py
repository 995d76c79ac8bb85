from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.management import BaseCommand, CommandError

from notifications.channels import can_send
from notifications.enums import Channel


class Command(BaseCommand):
    help = "Sends a test mail the way all mail goes, and says what came of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="Whom to send it to.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not can_send(Channel.EMAIL):
            raise CommandError("No mail is sent: set EMAIL_URL or EMAIL_PROVIDER (docs/configuration.md).")
        text = f"{settings.SITE_URL} can send mail."
        mail = EmailMessage("Holdfast: test mail", text, to=[options["address"]])
        try:
            mail.send()
        except Exception as error:
            raise CommandError(f"It could not be sent: {type(error).__name__}: {error}") from error
        self.stdout.write(f"Sent to {options['address']} from {settings.DEFAULT_FROM_EMAIL}.")
