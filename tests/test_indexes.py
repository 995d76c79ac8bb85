"""No index does again what another one does: each costs every row that is written, and most of the disk."""

from itertools import groupby, permutations
from typing import NamedTuple

import pytest
from django.db import connection

MADE_BY_DJANGO = "made with the field by Django or a library, which leave no choice; few rows"
REDUNDANT = {
    "account_emailaddress": MADE_BY_DJANGO,
    "accounts_user_groups": MADE_BY_DJANGO,
    "accounts_user_user_permissions": MADE_BY_DJANGO,
    "auth_group_permissions": MADE_BY_DJANGO,
    "auth_permission": MADE_BY_DJANGO,
    "classes_passkind_class_types": MADE_BY_DJANGO,
    "resources_pricerule_resources": MADE_BY_DJANGO,
    "resources_resource_features": MADE_BY_DJANGO,
    "socialaccount_socialtoken": MADE_BY_DJANGO,
}
"""Table: why one of its indexes may be the beginning of another."""

POSTGRESQL = """
    SELECT c.relname, i.relname, x.indisunique, coalesce(pg_get_expr(x.indpred, x.indrelid), ''),
           ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, true) FROM generate_series(1, x.indnkeyatts) AS n)
      FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
     WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname, i.relname"""
SQLITE = """
    SELECT t.name, i.name, i."unique", coalesce(substr(m.sql, nullif(instr(m.sql, ' WHERE '), 0)), ''),
           (SELECT group_concat(coalesce(x.name, m.sql || x.seqno), ',')
              FROM pragma_index_xinfo(i.name) x WHERE x.key)
      FROM sqlite_master t JOIN pragma_index_list(t.name) i LEFT JOIN sqlite_master m ON m.name = i.name
     WHERE t.type = 'table' ORDER BY t.name, i.name"""


class Index(NamedTuple):
    table: str
    name: str
    is_unique: bool
    condition: str
    columns: tuple[str, ...]

    def does_again(self, other: "Index") -> bool:
        """Whether ``other`` finds and keeps all that this one does."""
        if self.condition != other.condition or (self.is_unique and self.columns != other.columns):
            return False
        return self.columns == other.columns[: len(self.columns)] and (other.is_unique or not self.is_unique)


def read_indexes() -> list[Index]:
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL if connection.vendor == "postgresql" else SQLITE)
        rows = cursor.fetchall()
    return [
        Index(table, name, bool(unique), condition, tuple(c if isinstance(c, list) else c.split(",")))
        for table, name, unique, condition, c in rows
    ]


def list_redundant() -> list[Index]:
    tables = groupby(read_indexes(), key=lambda index: index.table)
    return [one for _, group in tables for one, other in permutations(group, 2) if one.does_again(other)]


@pytest.mark.django_db
def test_no_index_is_the_beginning_of_another() -> None:
    redundant = list_redundant()
    assert [index for index in redundant if index.table not in REDUNDANT] == []
    assert {index.table for index in redundant} == set(REDUNDANT)


@pytest.mark.django_db
def test_such_an_index_would_be_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX beginning ON payments_bill (venue_id)")
        cursor.execute("CREATE INDEX doubled ON payments_bill (venue_id, subject_type, subject_id)")
        cursor.execute("CREATE INDEX of_some ON payments_bill (venue_id) WHERE subject_type = ''")
    found = {index.name for index in list_redundant() if index.table == "payments_bill"}
    assert found == {"beginning", "doubled"}
