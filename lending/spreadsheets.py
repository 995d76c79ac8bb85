"""Reports as CSV: spreadsheets are told the encoding by its mark, and read no cell as a formula."""

import csv
from io import StringIO

from lending.reports import Table

FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(table: Table) -> str:
    columns, rows = table
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_defuse(cell) for cell in row] for row in rows)
    return "\ufeff" + text.getvalue()


def _defuse(cell: str | float) -> str | float:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell
