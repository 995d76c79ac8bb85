"""How apps add to those below them: each entry is registered once, by name, in ``ready()``."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


class Registry(Generic[T]):
    """Entries by name, in the order in which they were registered."""

    def __init__(self, entries_name: str) -> None:
        self.entries_name = entries_name
        self._entries: dict[str, T] = {}

    def register(self, name: str, entry: T) -> None:
        """Raises ``ImproperlyConfigured`` for a name that is taken."""
        if name in self._entries:
            raise ImproperlyConfigured(f"There are two {self.entries_name} named {name}.")
        self._entries[name] = entry

    def unregister(self, name: str) -> None:
        del self._entries[name]

    def get(self, name: str) -> T | None:
        return self._entries.get(name)

    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def items(self) -> list[tuple[str, T]]:
        return list(self._entries.items())

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._entries.values()))

    def __reversed__(self) -> Iterator[T]:
        return reversed(list(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)
