from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from accounts.models import User
from demo.blueprint import GroupSpec, HoursSpec, PolicySpec, PriceSpec, QuestionSpec, ResourceSpec, VenueSpec
from demo.pictures import logo_of, picture_of
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


def build_venue(place: VenueSpec, *, today: date, members: Iterable[tuple[User, str]]) -> Venue:
    """``members`` are (account, role)."""
    venue = Venue.objects.create(**place.fields, **logo_of(place.slug))
    for user, role in members:
        VenueMembership.objects.create(venue=venue, user=user, role=role)
    years = range(today.year, today.year + YEARS_OF_HOLIDAYS)
    import_holidays(venue.country, venue.subdivision, years)
    # The venue first, then what its resources refer to, then what refers to them.
    _create_hours(venue, None, place.hours)
    resources = _Builder(venue, place).create_resources()
    for pool in place.groups:
        _create_group(venue, pool, resources)
    for price in place.prices:
        _create_price_rule(venue, price, resources)
    _create_overrides(venue, place, resources, today)
    for position, ask in enumerate(place.questions):
        _create_question(venue, ask, resources, position)
    return venue


class _Builder:
    """Looks up, by name, what a resource refers to."""

    def __init__(self, venue: Venue, place: VenueSpec) -> None:
        self.venue, self.place = venue, place
        self.rules = {
            name: BookingRules.objects.create(venue=venue, name=name, **fields)
            for name, fields in place.rules.items()
        }
        self.policies = {policy.name: _create_policy(venue, policy) for policy in place.policies}
        self.features = {
            slug: Feature.objects.create(venue=venue, slug=slug, name=name)
            for slug, name in place.features.items()
        }

    def create_resources(self) -> dict[str, Resource]:
        resources = {
            thing.slug: self._create_resource(thing, at) for at, thing in enumerate(self.place.resources)
        }
        for thing in self.place.resources:
            for part in thing.parts:
                ResourcePart.objects.create(whole=resources[thing.slug], part=resources[part])
        return resources

    def _create_resource(self, thing: ResourceSpec, position: int) -> Resource:
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
        _create_hours(self.venue, resource, thing.hours)
        return resource


def _create_hours(venue: Venue, resource: Resource | None, hours: Iterable[HoursSpec]) -> None:
    for row in hours:
        for weekday in row.weekdays:
            OpeningHours.objects.create(
                venue=venue,
                resource=resource,
                weekday=int(weekday),
                start_time=row.start,
                end_time=row.end,
                is_available=row.is_available,
                max_duration=row.max_duration,
            )


def _create_policy(venue: Venue, policy: PolicySpec) -> CancellationPolicy:
    created = CancellationPolicy.objects.create(venue=venue, name=policy.name, description=policy.description)
    for hours, percentage, fee in policy.tiers:
        CancellationTier.objects.create(
            policy=created,
            hours_before=hours,
            refund_percentage=Decimal(percentage),
            fee_amount=Decimal(fee),
        )
    return created


def _create_group(venue: Venue, pool: GroupSpec, resources: dict[str, Resource]) -> None:
    group = ResourceGroup.objects.create(
        venue=venue,
        name=pool.name,
        slug=pool.slug,
        description=pool.description,
        choice_rule=pool.choice_rule,
    )
    for position, slug in enumerate(pool.members):
        ResourceGroupMember.objects.create(group=group, resource=resources[slug], position=position)


def _create_price_rule(venue: Venue, price: PriceSpec, resources: dict[str, Resource]) -> None:
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


def _create_question(venue: Venue, ask: QuestionSpec, resources: dict[str, Resource], position: int) -> None:
    Question.objects.create(
        venue=venue,
        resource=resources.get(ask.resource),
        text=ask.text,
        kind=ask.kind,
        choices="\n".join(ask.choices),
        position=position,
    )


def _create_overrides(venue: Venue, place: VenueSpec, resources: dict[str, Resource], today: date) -> None:
    for override in place.exceptions:
        AvailabilityOverride.objects.create(
            venue=venue,
            resource=resources.get(override.resource),
            starts_on=today + timedelta(days=override.first_day),
            ends_on=today + timedelta(days=override.last_day),
            start_time=override.start,
            end_time=override.end,
            is_available=override.is_available,
            reason=override.reason,
        )
