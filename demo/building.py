"""Makes the rows of a place: the venue first, then what the things in it refer to."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import User
from demo.blueprint import Ask, Hours, Place, Policy, Pool, Price, Thing
from demo.pictures import picture_of
from resources.models import (
    AvailabilityOverride,
    BookingRules,
    CancellationPolicy,
    CancellationTier,
    Feature,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    ResourceGroup,
    ResourceGroupMember,
    ResourcePart,
    Venue,
    VenueMembership,
)
from resources.services import import_holidays

YEARS_OF_HOLIDAYS = 3


def build(place: Place, *, today: date, members: Iterable[tuple[User, str]]) -> Venue:
    """Creates the venue with everything in it; ``members`` are (account, role)."""
    venue = Venue.objects.create(**place.fields)
    for user, role in members:
        VenueMembership.objects.create(venue=venue, user=user, role=role)
    years = range(today.year, today.year + YEARS_OF_HOLIDAYS)
    import_holidays(venue.country, venue.subdivision, years)
    _open(venue, None, place.hours)
    resources = _Builder(venue, place).things()
    for pool in place.pools:
        _group(venue, pool, resources)
    for price in place.prices:
        _price(venue, price, resources)
    _exceptions(venue, place, resources, today)
    for position, ask in enumerate(place.questions):
        _question(venue, ask, resources, position)
    return venue


class _Builder:
    """Looks up, by name, what a thing refers to."""

    def __init__(self, venue: Venue, place: Place) -> None:
        self.venue, self.place = venue, place
        self.rules = {
            name: BookingRules.objects.create(venue=venue, name=name, **fields)
            for name, fields in place.rules.items()
        }
        self.policies = {policy.name: _policy(venue, policy) for policy in place.policies}
        self.features = {
            slug: Feature.objects.create(venue=venue, slug=slug, name=name)
            for slug, name in place.features.items()
        }

    def things(self) -> dict[str, Resource]:
        made = {thing.slug: self._thing(thing, at) for at, thing in enumerate(self.place.things)}
        for thing in self.place.things:
            for part in thing.parts:
                ResourcePart.objects.create(whole=made[thing.slug], part=made[part])
        return made

    def _thing(self, thing: Thing, position: int) -> Resource:
        resource = Resource.objects.create(
            venue=self.venue,
            kind=thing.kind,
            name=thing.name,
            slug=thing.slug,
            description=thing.description,
            capacity=thing.capacity,
            units=thing.units,
            units_by=thing.units_by,
            overbooking_percent=thing.overbooking_percent,
            hourly_rate=Decimal(thing.rate),
            observes_holidays=thing.observes_holidays,
            rules=self.rules[thing.rules],
            cancellation_policy=self.policies.get(thing.policy),
            position=position,
            **picture_of(thing),
        )
        resource.features.set(self.features[slug] for slug in thing.features)
        _open(self.venue, resource, thing.hours)
        return resource


def _open(venue: Venue, resource: Resource | None, hours: Iterable[Hours]) -> None:
    for each in hours:
        for weekday in each.weekdays:
            OpeningHours.objects.create(
                venue=venue,
                resource=resource,
                weekday=int(weekday),
                start_time=each.start,
                end_time=each.end,
                is_available=each.is_available,
                max_duration=each.max_duration,
            )


def _policy(venue: Venue, policy: Policy) -> CancellationPolicy:
    made = CancellationPolicy.objects.create(venue=venue, name=policy.name, description=policy.description)
    for hours, percentage, fee in policy.tiers:
        CancellationTier.objects.create(
            policy=made,
            hours_before=hours,
            refund_percentage=Decimal(percentage),
            fee_amount=Decimal(fee),
        )
    return made


def _group(venue: Venue, pool: Pool, resources: dict[str, Resource]) -> None:
    group = ResourceGroup.objects.create(
        venue=venue,
        name=pool.name,
        slug=pool.slug,
        description=pool.description,
        choice_rule=pool.choice_rule,
    )
    for position, slug in enumerate(pool.members):
        ResourceGroupMember.objects.create(group=group, resource=resources[slug], position=position)


def _price(venue: Venue, price: Price, resources: dict[str, Resource]) -> None:
    rule = PriceRule.objects.create(
        venue=venue,
        name=price.name,
        basis=price.basis,
        amount=Decimal(price.amount),
        weekdays=price.weekdays,
        start_time=price.start,
        end_time=price.end,
        priority=price.priority,
    )
    rule.resources.set(resources[slug] for slug in price.resources)


def _question(venue: Venue, ask: Ask, resources: dict[str, Resource], position: int) -> None:
    Question.objects.create(
        venue=venue,
        resource=resources.get(ask.resource),
        text=ask.text,
        kind=ask.kind,
        choices="\n".join(ask.choices),
        position=position,
    )


def _exceptions(venue: Venue, place: Place, resources: dict[str, Resource], today: date) -> None:
    for each in place.exceptions:
        AvailabilityOverride.objects.create(
            venue=venue,
            resource=resources.get(each.resource),
            starts_on=today + timedelta(days=each.first_day),
            ends_on=today + timedelta(days=each.last_day),
            start_time=each.start,
            end_time=each.end,
            is_available=each.is_available,
            reason=each.reason,
        )
