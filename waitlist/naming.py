"""What somebody waits for: a place, a group of them, or what a product calls it."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from common.registry import Registry
from waitlist.models import WaitlistEntry

entry_namers: Registry[Callable[[Sequence[WaitlistEntry]], Mapping[UUID, str]]] = Registry("names of waits")
"""By product the titles of what its entries wait for; asked with many at once."""
NAME = "_awaited"


def name_entries(entries: Sequence[WaitlistEntry]) -> None:
    """Read ahead for ``name_entry``, in a constant number of queries."""
    titles: dict[UUID, str] = {}
    for find_titles in entry_namers:
        titles |= find_titles(entries)
    for entry in entries:
        entry.__dict__[NAME] = titles.get(entry.pk) or entry.thing.name


def name_entry(entry: WaitlistEntry) -> str:
    if NAME not in entry.__dict__:
        name_entries([entry])
    return str(entry.__dict__[NAME])
