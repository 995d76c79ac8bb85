"""Tables as CSV: spreadsheets are told the encoding by its mark, and read no cell as a formula."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
Cell = str | float


def write_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_defuse(cell) for cell in row] for row in rows)
    return "\ufeff" + text.getvalue()


def _defuse(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell
