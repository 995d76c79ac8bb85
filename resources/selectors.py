from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput, NotFound
from common.parsing import parse_uuid
from resources.models import CancellationTier, OpeningHours, PriceRule, Resource, ResourceGroup, Venue
from resources.querysets import ResourceQuerySet
from resources.remembered import find_public, keep_rows

if TYPE_CHECKING:
    from accounts.models import User


class ResourceNotFound(NotFound):
    message = _("This resource doesn't exist.")


def resources_in_detail(user: "User | AnonymousUser") -> ResourceQuerySet:
    return detailed(Resource.objects.visible_to(user))


def detailed(resources: ResourceQuerySet) -> ResourceQuerySet:
    """With all that describes them, in a constant number of queries.

    What is read for many comes as plain lists: a resource's own ``own_features``, ``own_hours`` and
    ``own_prices``, and the whole venue's ``venue.common_hours`` and ``venue.common_prices``.
    """
    hours = OpeningHours.objects.filter(resource=None)
    prices = PriceRule.objects.filter(resources=None)
    return (
        resources.select_related("venue", "rules", "cancellation_policy")
        .prefetch_related(
            Prefetch("features", to_attr="own_features"),
            Prefetch("opening_hours", to_attr="own_hours"),
            Prefetch("price_rules", to_attr="own_prices"),
            "cancellation_policy__tiers",
            Prefetch("venue__opening_hours", queryset=hours, to_attr="common_hours"),
            Prefetch("venue__price_rules", queryset=prices, to_attr="common_prices"),
        )
        .order_by("position", "name", "id")
    )


def named_resources(
    names: Sequence[str], user: "User | AnonymousUser", field: str = "resource_id"
) -> list[Resource]:
    """The resources with these ids or slugs, in the order asked for; one query.

    Raises ``ResourceNotFound``, also for what ``user`` may not see, and ``InvalidInput`` for a slug that
    several venues use.
    """
    wanted = [name.strip() for name in names]
    ids = {name: id_ for name in wanted if (id_ := _as_uuid(name))}
    slugs = [name for name in wanted if name not in ids and "\x00" not in name]
    known = None if slugs else find_public(set(ids.values()))
    rows = known or _read_named(ids.values(), slugs, user)
    return [_pick(rows, name, ids.get(name), field) for name in wanted]


def _read_named(
    ids: Collection[UUID], slugs: Collection[str], user: "User | AnonymousUser"
) -> list[Resource]:
    visible = Resource.objects.visible_to(user).select_related("venue")
    rows = list(visible.filter(Q(uuid__in=ids) | Q(slug__in=slugs)))
    for row in rows:
        keep_rows(row.venue, [row])
    return rows


def _pick(rows: Sequence[Resource], name: str, id_: UUID | None, field: str) -> Resource:
    matches = [row for row in rows if (row.uuid == id_ if id_ else row.slug == name)]
    if not matches:
        raise ResourceNotFound
    if len(matches) > 1:
        message = _("Several venues have a resource of this name. Use its ID.")
        raise InvalidInput(message, fields={field: [message]})
    return matches[0]


def named_venue(name: str) -> Venue:
    """By id or slug. Raises ``ResourceNotFound``."""
    id_ = _as_uuid(name)
    rows = Venue.objects.filter(uuid=id_) if id_ else Venue.objects.filter(slug=name.replace("\x00", ""))
    venue = rows.first()
    if venue is None:
        raise ResourceNotFound
    return venue


def _as_uuid(name: str) -> UUID | None:
    try:
        return parse_uuid(name)
    except InvalidInput:
        return None


def named_group(id_: UUID) -> ResourceGroup:
    """A bookable group. Raises ``ResourceNotFound``."""
    groups = ResourceGroup.objects.filter(uuid=id_, is_active=True, is_listed=True, venue__is_active=True)
    group = groups.select_related("venue").first()
    if group is None:
        raise ResourceNotFound
    return group


def has_prices(venue_id: int) -> bool:
    return (
        Resource.objects.filter(venue=venue_id, hourly_rate__gt=0).exists()
        or PriceRule.objects.filter(venue=venue_id, amount__gt=0).exists()
        or CancellationTier.objects.filter(policy__venue=venue_id, fee_amount__gt=0).exists()
    )
