from typing import Any

from django.db.backends.postgresql import schema


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Makes one index of a text column that is unique or looked up, not two.

    Django adds a second one for searches by how a word begins. Ours ignore case, for which that is of no use:
    what is searched like that has an index of its own (``Meta.indexes``).
    """

    def _create_like_index_sql(self, model: Any, field: Any) -> None:
        return None
