"""How PostgreSQL keeps tables that grow for years, and those whose rows come and go. Part of migrations.

Its own settings suit tables of thousands of rows: they tidy up once a fifth of the table has changed, which
among millions is too late for the little that is asked about each second.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory

Settings = dict[str, str]

# Rows are written, claimed, sent, and stay or go: each leaves dead rows just where the next sweep looks.
QUEUE: Settings = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_analyze_scale_factor": "0.02",
}
# Rows are added for years, and looked at by date: statistics have to know the newest, and pages have to be
# marked as visible to all soon, or a look at a day fetches each row that its index already holds.
HISTORY: Settings = {
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_insert_scale_factor": "0.02",
    "autovacuum_analyze_scale_factor": "0.01",
}
# Rows never change again: frozen at the first visit, so that no later one has to read them all.
APPEND_ONLY: Settings = {
    "autovacuum_vacuum_insert_scale_factor": "0.02",
    "autovacuum_freeze_min_age": "0",
    "autovacuum_analyze_scale_factor": "0.05",
}
# A few rows with a number that each booking raises, and that no index has: with room beside it the new
# version stays on its page, and no index is written.
COUNTER: Settings = {"fillfactor": "85", "autovacuum_vacuum_scale_factor": "0.1"}


class KeepAs(Operation):
    """Sets them for the table of one model; nothing on other databases."""

    category = OperationCategory.ALTERATION
    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, settings: Settings) -> None:
        self.model_name, self.settings = model_name, settings

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        values = ", ".join(f"{name} = {value}" for name, value in self.settings.items())
        self._alter(app_label, schema_editor, to_state, f"SET ({values})")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        self._alter(app_label, schema_editor, from_state, f"RESET ({', '.join(self.settings)})")

    def _alter(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: Any, change: str
    ) -> None:
        model = state.apps.get_model(app_label, self.model_name)
        connection = schema_editor.connection
        if connection.vendor == "postgresql" and self.allow_migrate_model(connection.alias, model):
            schema_editor.execute(f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)} {change}")

    def describe(self) -> str:
        return f"Set how PostgreSQL keeps {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"keep_{self.model_name.lower()}"
