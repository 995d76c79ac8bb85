"""What is lent: added, renamed, described."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.transactions import lock_name, retried_atomic
from lending.enums import PRODUCT, NamesShown
from lending.exceptions import ThingExists
from lending.models import LendingRules
from lending.services.lendables import make_lendable, make_rules
from resources.enums import ResourceKind
from resources.models import Resource, Venue
from resources.services import ResourceParts, change_resource, create_resource

USUAL_RULES = "As long as it takes"


@retried_atomic
def add_thing(
    *, venue: Venue, name: str, description: str = "", units: int = 1, rules: LendingRules | None = None
) -> Resource:
    """Without rules it is lent for as long as it takes, and everyone sees who has it.

    The venue lends from then on. Raises ``ThingExists`` and ``InvalidInput``.
    """
    require_new_name(venue.resources.all(), venue, name)
    values = {"name": name, "description": description, "units": units, "kind": ResourceKind.EQUIPMENT}
    values |= {"extension": PRODUCT}  # only lent: nobody books it by time
    thing = create_resource(venue=venue, values=values, parts=ResourceParts())
    make_lendable(resource=thing, rules=rules or _find_usual_rules(venue))
    return thing


@retried_atomic
def change_thing(*, thing: Resource, name: str | None = None, description: str | None = None) -> Resource:
    """Raises ``ThingExists``, ``InvalidInput`` and ``NotFound``."""
    values = {}
    if name is not None:
        require_new_name(thing.venue.resources.exclude(pk=thing.pk), thing.venue, name)
        values["name"] = name
    if description is not None:
        values["description"] = description
    return change_resource(resource=thing, values=values, parts=ResourceParts())


def require_new_name(others: QuerySet[Resource], venue: Venue, name: str) -> None:
    """Raises ``ThingExists``."""
    lock_name(f"lending-names:{venue.pk}")  # two of one name, in this very moment
    if others.filter(name__iexact=name.strip()).exists():
        raise ThingExists(_("%(name)s already exists.") % {"name": name.strip()})


def _find_usual_rules(venue: Venue) -> LendingRules:
    found = LendingRules.objects.filter(venue=venue, name=USUAL_RULES).first()
    values = {"name": USUAL_RULES, "names_shown": NamesShown.EVERYBODY}
    return found or make_rules(venue=venue, values=values)
