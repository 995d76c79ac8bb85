from dataclasses import dataclass

from django.utils.functional import Promise

from common.registry import Registry


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the main menu and of the account's overview (``title``, ``hint``).

    ``pages`` are patterns of the view names that belong to it.
    """

    view: str
    icon: str
    label: str | Promise
    title: str | Promise
    hint: str | Promise
    pages: tuple[str, ...]


menu_entries: Registry[MenuEntry] = Registry("entries of the menu")
