"""What apps add to the site's main menu and to the overview of an account."""

from dataclasses import dataclass

from django.utils.functional import Promise

from common.registry import Registry


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A page of the visitor's own. ``pages`` are patterns of the view names that stand below it.

    ``label`` is short, for the menu; ``title`` and ``hint`` are for the overview.
    """

    view: str
    icon: str
    label: str | Promise
    title: str | Promise
    hint: str | Promise
    pages: tuple[str, ...]


menu: Registry[MenuEntry] = Registry("entries of the menu")
