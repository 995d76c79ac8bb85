"""The first run: an owner who may do everything, and the first venue."""

import os
from argparse import ArgumentParser
from collections.abc import Callable
from getpass import getpass
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError

from common.errors import DomainError, InvalidInput
from resources.services.founding import VenueStart, found_installation

PASSWORD_VARIABLE = "HOLDFAST_OWNER_PASSWORD"  # noqa: S105  (the name of a variable)
QUESTIONS = {
    "email": "Your email address",
    "venue": "Name of the venue",
    "time_zone": "Its time zone, like Europe/Berlin",
    "currency": "Its currency, like EUR",
    "country": "Its country, like DE",
}


class Command(BaseCommand):
    help = (
        "Makes the owner's account and the first venue; asks for what is not given. "
        f"Without a terminal the password is taken from {PASSWORD_VARIABLE}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, question in QUESTIONS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", default="", help=question)

    def handle(self, *args: Any, **options: Any) -> None:
        answers = {name: options[name] or self._ask(question, input) for name, question in QUESTIONS.items()}
        password = os.environ.get(PASSWORD_VARIABLE, "") or self._ask("A password", getpass)
        email = answers.pop("email")
        name = answers.pop("venue")
        try:
            validate_password(password)
            venue = found_installation(email=email, password=password, venue=VenueStart(name, **answers))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except InvalidInput as error:
            raise CommandError(_describe(error)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{venue.name} is there. Sign in as {email}: {settings.SITE_URL}/admin/")

    def _ask(self, question: str, read: Callable[[str], str]) -> str:
        try:
            return read(f"{question}: ").strip()
        except EOFError as error:
            raise CommandError(
                "Nobody answers. Give everything as options (see --help), "
                f"and the password as the environment variable {PASSWORD_VARIABLE}."
            ) from error


def _describe(error: InvalidInput) -> str:
    lines = [f"{name}: {' '.join(map(str, texts))}" for name, texts in error.fields.items()]
    return " ".join(lines) or str(error)
