"""By which rules names are told, one answer for every page, program and wall."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from lending.enums import NamesShown
from lending.models import Loan
from lending.permissions import is_own, show_name
from lending.policies import Terms
from lending.terms import LENT
from resources.bookables import Catalog

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

UNKNOWN = Terms(0, names_shown=NamesShown.STAFF)
"""Of what is lent no more: nobody can tell what its people were promised."""
FROM_STRICT = NamesShown.values[::-1]


def pick_strictest(all_terms: Iterable[Terms]) -> Terms:
    """What several rules allow at once."""
    return min(all_terms, key=lambda terms: FROM_STRICT.index(terms.names_shown), default=UNKNOWN)


def find_naming_terms(loan: Loan, venue_catalog: Catalog) -> Terms:
    """Of the thing; of a group the strictest of its things: whoever waits for any may get one of them."""
    lent = venue_catalog.part(LENT)
    if loan.resource_id is not None:
        return lent.get(loan.resource_id, UNKNOWN)
    group = venue_catalog.groups.get(loan.group_id or 0)
    return pick_strictest(lent[id] for id in (group.member_ids if group else ()) if id in lent)


def tell_name(name: str, loan: Loan, viewer: "Viewer", venue_catalog: Catalog, *also: Terms) -> str:
    """As this reader may know it; ``also``: rules of what else it is told about."""
    if is_own(viewer, loan):
        return name
    terms = pick_strictest([find_naming_terms(loan, venue_catalog), *also])
    return show_name(name, viewer, loan.venue_id, terms)
