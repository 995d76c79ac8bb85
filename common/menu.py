from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from common.registry import Registry
from common.venues import Viewer, directory

if TYPE_CHECKING:
    from resources.querysets import VenueQuerySet


class Audience(StrEnum):
    EVERYBODY = "everybody"
    SIGNED_IN = "signed_in"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the main menu; what is for whoever is signed in also stands, with ``title`` and ``hint``,
    in the account's overview.

    ``pages`` are patterns of the view names that belong to it. With a ``product`` it is shown where a venue
    offers that; to the team, where it works at such a venue.
    """

    view: str
    icon: str
    label: str | Promise
    title: str | Promise
    hint: str | Promise
    pages: tuple[str, ...]
    audience: Audience = Audience.SIGNED_IN
    product: str = ""


menu_entries: Registry[MenuEntry] = Registry("entries of the menu")


def list_entries(user: Viewer, audience: Audience) -> list[tuple[str, MenuEntry]]:
    entries = [(name, entry) for name, entry in menu_entries.items() if entry.audience == audience]
    return [(name, entry) for name, entry in entries if _is_offered(entry, user)]


def _is_offered(entry: MenuEntry, user: Viewer) -> bool:
    if entry.audience != Audience.EVERYBODY and not user.is_authenticated:
        return False
    if entry.audience == Audience.TEAM:
        workplaces = directory().staffed_by(user)
        return _offer(workplaces, entry.product).exists() if entry.product else workplaces.exists()
    return not entry.product or directory().offering(entry.product).exists()


def _offer(venues: "VenueQuerySet", product: str) -> "VenueQuerySet":
    return venues.filter(pk__in=directory().offering(product).values("pk"))
