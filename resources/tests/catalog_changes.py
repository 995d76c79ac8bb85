"""Random changes of a venue's configuration, and the configuration read without any cache."""

import random
from collections.abc import Callable
from dataclasses import fields
from datetime import date, time
from typing import Any

from django.db.models import Model, ProtectedError

from common.transactions import rehearsal
from resources.bookables import Catalog
from resources.catalog import catalog
from resources.catalog.assembly import assemble
from resources.catalog.loading import VenueRows, load_configuration
from resources.models import (
    AvailabilityOverride,
    BookingRules,
    CancellationPolicy,
    CancellationTier,
    Feature,
    Holiday,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    ResourceGroup,
    ResourceGroupMember,
    ResourcePart,
    Venue,
)
from resources.services.configuring import InUse, change_row, delete_row
from resources.services.resources import ResourceParts, change_resource, create_resource
from resources.stamps import touch, touch_venues


def cold(venue_id: int) -> Catalog:
    return assemble(venue_id, 0, load_configuration(VenueRows("default", venue_id)))


def plain(catalog: Catalog) -> dict[str, Any]:
    """Comparable, whichever stamp it has; the order counts, too."""
    rows = [
        {each.name: getattr(bookable, each.name) for each in fields(bookable)}
        for bookable in catalog.bookables.values()
    ]
    return {"rows": rows, "groups": catalog.groups, "zone": catalog.zone, "currency": catalog.currency}


class Changes:
    """Each changes something of the venue, with choices that ``chance`` makes."""

    def __init__(self, venue: Venue, elsewhere: Venue, chance: random.Random) -> None:
        self.venue = venue
        self.elsewhere = elsewhere
        self.chance = chance

    def make(self, name: str) -> None:
        getattr(self, name)()

    def some(self, model: type[Any], **among: Any) -> Any:
        among = among or {"venue": self.venue}
        return self.chance.choice([*model.objects.filter(**among).order_by("pk"), None])

    def number(self) -> int:
        return self.chance.randrange(10_000)

    def owner(self) -> dict[str, Any]:
        return {"venue": self.venue, "resource": self.some(Resource)}

    def create_resource(self) -> None:
        name = self.chance.choice(["Attic", "Cellar", "Übungsraum", "atrium"])
        hours = (
            [{"weekday": 2, "start_time": time(8), "end_time": time(12)}]
            if self.chance.random() < 0.5
            else []
        )
        prices = [{"name": "Own", "basis": "hour", "amount": 7}] if self.chance.random() < 0.5 else None
        parts = ResourceParts(hours=hours, features=["sauna"], prices=prices)
        values = {"name": name, "kind": "room", "slug": f"room-{self.number()}"}
        create_resource(venue=self.venue, values=values | {"position": self.chance.randrange(3)}, parts=parts)

    def change_resource(self) -> None:
        values: dict[str, Any] = self.chance.choice(
            [
                {"units": self.chance.randrange(5)},
                {"capacity": self.chance.randrange(1, 9)},
                {"name": f"Room {self.number()}"},
                {"position": self.chance.randrange(3)},
                {"is_active": self.chance.random() < 0.5},
                {"observes_holidays": self.chance.random() < 0.5},
            ]
        )
        if found := self.some(Resource):
            features = self.chance.choice([None, [], ["sauna", "bar"]])
            prices = self.chance.choice([None, [], [{"name": "New", "basis": "hour", "amount": 3}]])
            change_resource(
                resource=found, values=values, parts=ResourceParts(features=features, prices=prices)
            )

    def save_resource(self) -> None:
        if found := self.some(Resource):
            found.rules = self.some(BookingRules) or found.rules
            found.cancellation_policy = self.some(CancellationPolicy)
            found.save()

    def delete_resource(self) -> None:
        self.delete(Resource)

    def delete(self, model: type[Model], **among: Any) -> None:
        if found := self.some(model, **among):
            try:
                self.chance.choice([found.delete, lambda: delete_row(row=found)])()
            except (ProtectedError, InUse):
                return

    def add_hours(self) -> None:
        weekday = self.chance.randrange(7)
        OpeningHours.objects.create(**self.owner(), weekday=weekday, start_time=time(9), end_time=time(17))

    def change_hours(self) -> None:
        if found := self.some(OpeningHours):
            change_row(row=found, values={"end_time": time(self.chance.randrange(10, 23))})

    def move_hours(self) -> None:
        if found := self.some(OpeningHours):
            found.resource = self.some(Resource)
            found.save()

    def write_hours_in_bulk(self) -> None:
        with rehearsal(dry_run=self.chance.random() < 0.5):
            OpeningHours.objects.filter(venue=self.venue, resource=None).update(end_time=time(20))
            touch([self.venue.pk], {"hours"})
            catalog(self.venue.pk)

    def delete_hours(self) -> None:
        self.delete(OpeningHours)

    def add_override(self) -> None:
        day = date(2027, 1, self.chance.randrange(1, 29))
        AvailabilityOverride.objects.create(**self.owner(), starts_on=day, ends_on=day)

    def move_override(self) -> None:
        if found := self.some(AvailabilityOverride):
            change_row(row=found, values={"resource": self.some(Resource)})

    def delete_override(self) -> None:
        self.delete(AvailabilityOverride)

    def add_holiday(self) -> None:
        day, number = date(2027, 2, self.chance.randrange(1, 28)), self.number()
        country = self.chance.choice([self.venue.country, self.elsewhere.country])
        Holiday.objects.get_or_create(country=country, date=day, defaults={"name": f"Holiday {number}"})

    def move_holiday(self) -> None:
        found = self.some(Holiday, country__in=[self.venue.country, self.elsewhere.country])
        if found:
            country = self.chance.choice([self.venue.country, self.elsewhere.country])
            if not Holiday.objects.filter(country=country, date=found.date).exists():
                found.country = country
                found.save()

    def change_rules(self) -> None:
        if found := self.some(BookingRules):
            change_row(row=found, values={"buffer_after": self.chance.randrange(30)})

    def add_policy(self) -> None:
        policy = CancellationPolicy.objects.create(venue=self.venue, name=f"Policy {self.number()}")
        CancellationTier.objects.create(policy=policy, hours_before=24, refund_percentage=50)

    def change_tier(self) -> None:
        if found := self.some(CancellationTier, policy__venue=self.venue):
            found.policy = self.some(CancellationPolicy) or found.policy
            found.hours_before = self.number()
            found.save()

    def delete_tier(self) -> None:
        self.delete(CancellationTier, policy__venue=self.venue)

    def add_price(self) -> None:
        rule = PriceRule.objects.create(
            venue=self.venue, name=f"Price {self.number()}", basis="hour", amount=self.number()
        )
        if found := self.some(Resource):
            rule.resources.add(found)

    def change_price(self) -> None:
        if found := self.some(PriceRule):
            found.amount = self.number()
            found.save()

    def link_price(self) -> None:
        found, resource = self.some(PriceRule), self.some(Resource)
        if found and resource:
            acts: list[Callable[[], None]] = [
                lambda: found.resources.add(resource),
                lambda: found.resources.remove(resource),
                lambda: found.resources.clear(),
                lambda: found.resources.set([resource]),
                lambda: resource.price_rules.add(found),
                lambda: resource.price_rules.remove(found),
                lambda: resource.price_rules.clear(),
            ]
            self.chance.choice(acts)()

    def delete_price(self) -> None:
        self.delete(PriceRule)

    def ask(self) -> None:
        Question.objects.create(**self.owner(), text=f"Question {self.number()}?")

    def change_question(self) -> None:
        if found := self.some(Question):
            found.is_active = not found.is_active
            found.resource = self.some(Resource)
            found.save()

    def delete_question(self) -> None:
        self.delete(Question)

    def add_feature(self) -> None:
        feature, _ = Feature.objects.get_or_create(
            venue=self.venue, slug=f"f-{self.chance.randrange(4)}", defaults={"name": "Something"}
        )
        if found := self.some(Resource):
            acts: list[Callable[[], None]] = [
                lambda: found.features.add(feature),
                lambda: feature.resources.add(found),
            ]
            self.chance.choice(acts)()

    def change_feature(self) -> None:
        if found := self.some(Feature):
            found.slug = f"g-{self.number()}"
            found.save()

    def unlink_feature(self) -> None:
        if found := self.some(Feature):
            acts: list[Callable[[], None]] = [found.resources.clear, lambda: found.resources.set([])]
            self.chance.choice(acts)()

    def delete_feature(self) -> None:
        self.delete(Feature)

    def add_part(self) -> None:
        whole, part = self.some(Resource), self.some(Resource)
        if whole and part and whole.pk > part.pk:  # so nothing is part of itself
            ResourcePart.objects.get_or_create(whole=whole, part=part)

    def delete_part(self) -> None:
        self.delete(ResourcePart, whole__venue=self.venue)

    def add_group(self) -> None:
        group = ResourceGroup.objects.create(venue=self.venue, name="Group", slug=f"group-{self.number()}")
        if found := self.some(Resource):
            ResourceGroupMember.objects.create(group=group, resource=found, position=self.number())

    def change_group(self) -> None:
        if found := self.some(ResourceGroup):
            change_row(row=found, values={"is_active": not found.is_active})

    def delete_group(self) -> None:
        self.delete(ResourceGroup)

    def delete_member(self) -> None:
        self.delete(ResourceGroupMember, group__venue=self.venue)

    def change_venue(self) -> None:
        venue = Venue.objects.get(pk=self.venue.pk)
        venue.terms = f"Terms {self.number()}"
        venue.is_active = self.chance.random() < 0.7
        venue.save()

    def write_in_bulk(self) -> None:
        Resource.objects.filter(venue=self.venue).update(hourly_rate=self.number())
        touch_venues([self.venue.pk])


KINDS: list[str] = sorted(
    name
    for name, value in vars(Changes).items()
    if callable(value) and name not in {"make", "some", "number", "owner", "delete", "__init__"}
)
