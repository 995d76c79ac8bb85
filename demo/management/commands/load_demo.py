import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts.models import User
from demo.loading import is_in_use, is_loaded, load_demo
from demo.people import CUSTOMER, FACILITATOR, MANAGER, STAFF

PASSWORD_VARIABLE = "HOLDFAST_DEMO_PASSWORD"  # noqa: S105 - the name of a variable
ACCOUNTS = (MANAGER, STAFF, FACILITATOR, CUSTOMER)


class Command(BaseCommand):
    help = (
        "Loads the demo: venues, accounts, bookings, loans and classes around today. Does nothing the "
        "second time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Only where there is neither a venue nor an account."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if is_loaded():
            self.stdout.write("The demo is loaded already; nothing needs doing.")
            return
        if options["if_empty"] and is_in_use():
            self.stdout.write("This installation is in use; the demo was not loaded.")
            return
        if User.objects.filter(email__in=ACCOUNTS).exists():
            raise CommandError("There are accounts with the demo's addresses, but not its venues.")
        self._load()

    def _load(self) -> None:
        given_password = os.environ.get(PASSWORD_VARIABLE, "")
        password = given_password or secrets.token_urlsafe(12)
        self.stdout.write("Loading the demo …")
        booked = load_demo(password)
        self.stdout.write(
            f"Four venues, {booked} bookings and loans. Sign in as one of: {', '.join(ACCOUNTS)}"
        )
        if given_password:
            self.stdout.write(f"The password is the one in {PASSWORD_VARIABLE}.")
        else:
            self.stdout.write(f"Password: {password} (it is not shown again)")
