"""Gets a local server ready in one process: migrate, static files, demo data on the first run."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from common.outdated import refuse_outdated_database
from demo.loading import is_in_use, is_loaded
from demo.management.commands.load_demo import ACCOUNTS
from reservations import guard


class Command(BaseCommand):
    help = "Migrates, collects static files and loads the demo where it is needed; quick when it is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--empty", action="store_true", help="Load no demo.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.migrate()
        if static_is_stale():
            self.stdout.write("Collecting static files …")
            call_command("collectstatic", interactive=False, verbosity=0)
        if not options["empty"]:
            call_command("load_demo", if_empty=True, stdout=self.stdout)
        self.stdout.write(describe_way_in())

    def migrate(self) -> None:
        refuse_outdated_database()
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()) or guard.list_missing():
            self.stdout.write("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)


def describe_way_in() -> str:
    if is_loaded():
        return f"Demo accounts: {', '.join(ACCOUNTS)}"
    if is_in_use():
        return "Sign in with an account of yours."
    return "Nobody can sign in yet. Make the owner and the first venue: .venv/bin/python manage.py set_up"


def static_is_stale() -> bool:
    # A project file, or the installed packages' set, is newer than what was collected.
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    pins = settings.BASE_DIR / "requirements.txt"
    files = [path for folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*")]
    return max(path.stat().st_mtime for path in [pins, *files]) > manifest.stat().st_mtime
