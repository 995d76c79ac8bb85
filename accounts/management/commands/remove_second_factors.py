from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts.models import User
from accounts.services.second_factors import remove_second_factors


class Command(BaseCommand):
    help = "Lets somebody sign in by password alone who has lost their phone and their recovery codes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", help="Its email address or user name.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_login(options["account"])
        if user is None:
            raise CommandError(f"There is no account {options['account']}.")
        if not remove_second_factors(user=user):
            raise CommandError(f"{user.email} has no second factor.")
        self.stdout.write(f"{user.email} signs in by password alone now, and was told so by mail.")
