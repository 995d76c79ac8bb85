from typing import Any

from django.core.management.commands import migrate

from common.outdated import refuse_outdated_database


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        refuse_outdated_database(options["database"])
        return super().handle(*args, **options)
