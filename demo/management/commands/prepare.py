"""Gets a local server ready in one process: migrate, static files, demo data on the first run."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from common.outdated import refuse_outdated_database
from reservations import guard


class Command(BaseCommand):
    help = "Migrates, collects static files and loads the demo where it is needed; quick when it is not."

    def handle(self, *args: Any, **options: Any) -> None:
        self.migrate()
        if static_is_stale():
            self.stdout.write("Collecting static files …")
            call_command("collectstatic", interactive=False, verbosity=0)
        call_command("load_demo", if_empty=True, stdout=self.stdout)

    def migrate(self) -> None:
        refuse_outdated_database()
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()) or guard.list_missing():
            self.stdout.write("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)


def static_is_stale() -> bool:
    # A project file, or the installed packages' set, is newer than what was collected.
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    pins = settings.BASE_DIR / "requirements.txt"
    files = [path for folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*")]
    return max(path.stat().st_mtime for path in [pins, *files]) > manifest.stat().st_mtime
