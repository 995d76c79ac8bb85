"""What is lent at a venue and by which rules, cached beside its configuration."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from common.venues import VenuePart
from lending.enums import Approval, Audience, NamesShown, QueueRule, ReturnBy
from lending.models import Lendable, LendingRules
from lending.policies import Terms
from resources.bookables import Catalog
from resources.catalog import catalog, catalog_at_hand
from resources.models import Venue


def read_terms(alias: str, venue_id: int) -> Mapping[int, Terms]:
    """By resource."""
    rows = Lendable.objects.using(alias).filter(venue_id=venue_id).select_related("rules").order_by("pk")
    shared: dict[int, Terms] = {}
    for row in rows:
        shared.setdefault(row.rules_id, terms_of(row.rules))
    return {row.resource_id: shared[row.rules_id] for row in rows}


def terms_of(rules: LendingRules) -> Terms:
    return Terms(
        rules_id=rules.pk,
        loan_period=rules.loan_period,
        longest=rules.longest,
        approval=Approval(rules.approval),
        pickup_window=rules.pickup_window,
        lease=rules.lease,
        queue_lease=rules.queue_lease,
        renewals=rules.renewals,
        renew_while_wanted=rules.renew_while_wanted,
        service_time=rules.service_time,
        max_out=rules.max_out,
        max_waiting=rules.max_waiting,
        overdue_blocks=rules.overdue_blocks,
        queue_rule=QueueRule(rules.queue_rule),
        half_life_days=rules.half_life_days,
        fair_cap_hours=rules.fair_cap_hours,
        overtakes=rules.overtakes,
        audience=Audience(rules.audience),
        return_by=ReturnBy(rules.return_by),
        names_shown=NamesShown(rules.names_shown),
        reminder_hours=tuple(rules.reminder_hours),
        chaser_days=tuple(rules.chaser_days),
        horizon_days=rules.horizon_days,
    )


LENT: VenuePart[Mapping[int, Terms]] = VenuePart("lending", read_terms)


def terms_at(venue_id: int) -> Mapping[int, Terms]:
    """Rules by resource; one query while nothing has changed, none within a change that has locked it."""
    return catalog(venue_id).part(LENT)


class OfVenue(Protocol):
    @property
    def venue_id(self) -> int: ...

    @property
    def venue(self) -> Venue: ...


def catalogs_of(rows: Iterable[OfVenue]) -> dict[int, Catalog]:
    """Of the venues of rows that have just been read with them; no query while nothing has changed."""
    venues = {row.venue_id: row.venue for row in rows}
    return {id: catalog_at_hand(venue) or catalog(id) for id, venue in venues.items()}
