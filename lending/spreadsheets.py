"""Reports as CSV."""

from common.spreadsheets import write_table
from lending.reports import Table


def write_csv(table: Table) -> str:
    columns, rows = table
    return write_table(columns, rows)
