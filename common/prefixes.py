"""Search by the beginning of a column, which an index finds on every engine.

PostgreSQL's indexes need a class of operators for it (``PATTERN``), SQLite a range instead of LIKE.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import F, Func, Index, Lookup, Q, TextField
from django.db.models.functions import Lower
from django.db.models.indexes import IndexExpression

PATTERN = "varchar_pattern_ops"
HIGHEST = "\U0010ffff"
LONGEST_CODE = 20


class Begins(Lookup[Any]):
    """Use it as a condition: ``filter(Begins(F("code"), "AB"))``. Upper case and lower case differ."""

    prepare_rhs = False
    rhs: str

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        text = self.rhs.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"{column} LIKE %s", [*params, f"{text}%"]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        sql = f"({column} >= %s AND {column} < %s)"
        return sql, [*params, self.rhs, *params, self.rhs + HIGHEST]


class LastWord(Func):
    """Of a name: what most people are looked up by."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return self.as_sql(
            compiler, connection, template="REGEXP_REPLACE(%(expressions)s, '^.* ', '')", **context
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        # Cut the trailing letters, whichever they are, off the name, and then what is left off its beginning.
        name, params = compiler.compile(self.source_expressions[0])
        return f"REPLACE({name}, RTRIM({name}, REPLACE({name}, ' ', '')), '')", [*params] * 3


class ByBeginning(Func):
    """Of an expression in an index: what PostgreSQL needs to find beginnings with it."""

    template = "%(expressions)s"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="%(expressions)s text_pattern_ops", **context)

    def get_expression_for_validation(self) -> Any:
        return self.get_source_expressions()[0]


# Else Django would put it into the brackets that an expression in an index stands in.
IndexExpression.register_wrappers(*IndexExpression.wrapper_classes, ByBeginning)


class Searched(NamedTuple):
    """A column that is searched, and how."""

    name: str
    condition: Callable[[str, str], Q]

    def begins(self, text: str) -> Q:
        return self.condition(self.name, text)


def stored(name: str) -> Searched:
    return Searched(name, lambda column, text: _begins(F(column), text))


def by_code(name: str) -> Searched:
    """Of a column of capitals and digits, whose ordinary index sorts them so in nearly every language."""

    def begins(column: str, text: str) -> Q:
        if not (text.isascii() and text.isalnum()):
            return Q(pk__in=())
        code = text.upper()
        return Q(**{f"{column}__gte": code, f"{column}__lte": code.ljust(LONGEST_CODE, "Z")})

    return Searched(name, begins)


def in_lower_case(name: str) -> Searched:
    """Of a column that holds lower case only, like addresses."""
    return Searched(name, lambda column, text: _begins(F(column), text.lower()))


def in_any_case(name: str) -> Searched:
    """With the index of ``index_any_case``."""
    return Searched(name, lambda column, text: _any_case(Lower(column), text))


def by_name(name: str) -> Searched:
    """The name from its beginning, or its last word; with the indexes of ``index_names``."""
    return Searched(
        name,
        lambda column, text: _any_case(Lower(column), text) | _any_case(Lower(LastWord(F(column))), text),
    )


def _begins(expression: Any, text: str) -> Q:
    return Q(Begins(expression, text))


def _any_case(expression: Any, text: str) -> Q:
    """In each case beyond ASCII, which SQLite does not lower, nor PostgreSQL in some of its locales."""
    found, lower = Q(), text.lower()
    # PostgreSQL makes one letter of the capital I with a dot, Python makes two.
    forms = (text, lower, text.title(), text.upper(), lower.replace("i\u0307", "i"))
    for variant in {_lower_ascii(form) for form in forms}:
        found |= _begins(expression, variant)
    return found


def _lower_ascii(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def index_any_case(name: str, index: str) -> Index:
    return Index(ByBeginning(Lower(name)), name=index)


def index_names(name: str, index: str) -> tuple[Index, Index]:
    return index_any_case(name, index), Index(ByBeginning(Lower(LastWord(F(name)))), name=f"{index}_last")
