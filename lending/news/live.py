"""Open pages hear that a thing went out, came back or is waited for; the person and staff also which loan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rest_framework import serializers

from lending.enums import SUBJECT, Kind, Status
from lending.models import Loan
from lending.signals import LoanChange
from live.kinds import ChangeKind, Payload, Subscription
from live.models import Change
from live.reading import CommittedChange
from live.recording import record_changes
from resources.models import ResourceGroupMember

KIND = SUBJECT


@dataclass(frozen=True, slots=True)
class TouchedThing:
    """What the loan is of, or may become of: those of a group that it waits for, too."""

    ids: frozenset[int]
    uuid: str
    group: str


class LoanKind(ChangeKind):
    types = (KIND,)
    own_rows = "loans"

    def fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "resource": serializers.UUIDField(required=False, allow_null=True, help_text="What is lent"),
            "group": serializers.UUIDField(
                required=False, allow_null=True, help_text="Where any of a group is waited for"
            ),
        }

    def details(self, rows: Sequence[Change]) -> Mapping[int, TouchedThing]:
        loans = Loan.objects.filter(uuid__in=[UUID(row.subject_id) for row in rows])
        found = {str(loan.uuid): loan for loan in loans.select_related("resource", "group")}
        members = _read_members({loan.group_id for loan in found.values() if loan.group_id})
        return {row.pk: _touched(found[row.subject_id], members) for row in rows if row.subject_id in found}

    def payloads(self, news: CommittedChange, subscription: Subscription) -> Iterable[Payload]:
        thing = news.details
        if not isinstance(thing, TouchedThing):
            return
        is_near = news.venue_id in subscription.venues or bool(thing.ids & subscription.resources)
        payload: Payload = {"type": KIND, "venue": news.venue, "resource": thing.uuid or None}
        payload |= {"group": thing.group or None, "status": news.status}
        if subscription.may_know(news):
            yield payload | {"id": news.subject_id, "version": news.version}
        elif is_near:
            yield payload


def _read_members(group_ids: set[int]) -> Mapping[int, frozenset[int]]:
    members: dict[int, set[int]] = {}
    links = ResourceGroupMember.objects.filter(group__in=group_ids) if group_ids else ()
    for link in links:
        members.setdefault(link.group_id, set()).add(link.resource_id)
    return {group_id: frozenset(ids) for group_id, ids in members.items()}


def _touched(loan: Loan, members: Mapping[int, frozenset[int]]) -> TouchedThing:
    ids = {loan.resource_id} if loan.resource_id else members.get(loan.group_id or 0, frozenset())
    return TouchedThing(
        frozenset(ids),
        str(loan.resource.uuid) if loan.resource else "",
        str(loan.group.uuid) if loan.group else "",
    )


def note_loans(*, changes: Sequence[LoanChange], **kwargs: Any) -> None:
    told = [_make_change(change.loan) for change in changes if not _is_silent(change)]
    if told:
        record_changes(told)


def _is_silent(change: LoanChange) -> bool:
    """What is approved and handed over at once is told once."""
    is_out = change.kind == Kind.APPROVED and change.loan.status == Status.OUT
    return is_out or change.kind == Kind.AT_RISK


def _make_change(loan: Loan) -> Change:
    return Change(
        kind=KIND,
        venue_id=loan.venue_id,
        subject_type=SUBJECT,
        subject_id=str(loan.uuid),
        customer_id=loan.borrower_id,
        status=loan.status,
        version=loan.version,
    )
