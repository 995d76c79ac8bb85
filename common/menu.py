from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

from common.registry import Registry
from common.venues import Viewer, directory


class Audience(StrEnum):
    EVERYBODY = "everybody"
    SIGNED_IN = "signed_in"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the main menu; what is for whoever is signed in also stands, with ``title`` and ``hint``,
    in the account's overview.

    ``pages`` are patterns of the view names that belong to it. With a ``product`` it is shown where a venue
    offers that; to the team, where it works at such a venue. One that ``managers_begin`` is for managers
    wherever they are: by it they begin to offer the product.
    """

    view: str
    icon: str
    label: str | Promise
    title: str | Promise
    hint: str | Promise
    pages: tuple[str, ...]
    audience: Audience = Audience.SIGNED_IN
    product: str = ""
    managers_begin: bool = False
    is_for: Callable[[Viewer], bool] | None = None
    """Asked last, where the entry is not for everybody who works there."""


menu_entries: Registry[MenuEntry] = Registry("entries of the menu")


def list_entries(user: Viewer, audience: Audience) -> list[tuple[str, MenuEntry]]:
    entries = [(name, entry) for name, entry in menu_entries.items() if entry.audience == audience]
    shown = [(name, entry) for name, entry in entries if _is_shown(entry, user)]
    return [(name, entry) for name, entry in shown if entry.is_for is None or entry.is_for(user)]


def _is_shown(entry: MenuEntry, user: Viewer) -> bool:
    if entry.audience != Audience.EVERYBODY and not user.is_authenticated:
        return False
    is_for_team = entry.audience == Audience.TEAM
    if is_for_team and not directory().works_anywhere(user):
        return False  # known already, and asked of everybody: most people work nowhere
    if not entry.product or (entry.managers_begin and directory().manages_anywhere(user)):
        return True
    return entry.product in _list_offered(user, at_work=is_for_team)


def _list_offered(user: Viewer, *, at_work: bool) -> frozenset[str]:
    # Kept on the user, who lives for one request: a page asks for each product and audience.
    offered: dict[bool, frozenset[str]] = user.__dict__.setdefault("_offered_products", {})
    if at_work not in offered:
        offered[at_work] = directory().products_offered(by=directory().staffed_by(user) if at_work else None)
    return offered[at_work]
