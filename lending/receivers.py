import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from accounts.models import User
from common.clock import epoch_minute
from common.clock import now as clock_now
from common.transactions import after_commit
from common.venues import directory
from lending.beginning import begin_those_at_risk
from lending.enums import Status
from lending.locking import add_at_risk, current_turn, find_at_risk_of, open_turn, taking
from lending.messages import telling
from lending.missing import list_touched
from lending.models import Lendable, LendingRules, Loan, Queue
from lending.news import live, webhooks
from lending.queueing import look_at_queue, promote
from lending.services import begin_dated, drop_inactive, forget_leases
from lending.signals import loans_changed
from lending.terms import LENT, terms_at
from reservations.signals import capacity_released
from resources.catalog import catalog
from resources.models import ResourcePart
from resources.signals import configuration_changed

logger = logging.getLogger(__name__)


def serve_next(*, venue_id: int, leaf_ids: Collection[int], start: int, end: int, **kwargs: Any) -> None:
    """Something came free in a change of others': whoever waits for it is served in that very change."""
    turn, now = current_turn(), clock_now()
    if turn is not None and turn.leaves.issuperset(leaf_ids):
        return  # its own change, which serves at its end
    minute = epoch_minute(now)
    if start > minute + 1 or end <= minute or not _is_lent(venue_id, leaf_ids):
        return
    at_risk = find_at_risk_of(venue_id, leaf_ids, now)
    if at_risk or Queue.objects.filter(venue=venue_id).with_waiting().exists():
        taken = open_turn(venue_id, leaf_ids, now)
        with taking(taken):
            if at_risk:
                add_at_risk(taken, at_risk)
                begin_those_at_risk(taken)
            promote(taken)


def _is_lent(venue_id: int, leaf_ids: Collection[int]) -> bool:
    lent = terms_at(venue_id)
    return any(id in lent for id in list_touched(catalog(venue_id), leaf_ids))


def look_again(*, venue_id: int, **kwargs: Any) -> None:
    """More units, other rules, a thing that is lent again: after the commit, for that may take long."""
    waiting = Queue.objects.filter(venue=venue_id).with_waiting()
    if waiting.exists() or Loan.objects.filter(venue=venue_id).to_have(clock_now()).exists():
        after_commit(_serve_venue, venue_id)


def _serve_venue(venue_id: int) -> None:
    now = clock_now()
    begin_dated(now=now, venue_id=venue_id)
    for queue in Queue.objects.filter(venue=venue_id).to_look_at(now).order_by("pk"):
        _look(queue, now)


def _look(queue: Queue, now: datetime) -> None:
    try:
        look_at_queue(queue, now=now)
    except Exception:
        logger.exception("Queue %s could not be served; the next run tries again.", queue.pk)


def note_lending(*, sender: type[Model], instance: Any, **kwargs: Any) -> None:
    directory().touch(LENT, [instance.venue_id])
    after_commit(forget_leases, venue_id=instance.venue_id)
    look_again(venue_id=instance.venue_id)


def keep_parts(*, instance: ResourcePart, **kwargs: Any) -> None:
    """What is out stays what it was when it went out, whatever its whole is made of from now on."""
    is_out = Q(status__in=(Status.OUT, Status.LOST), resource=instance.whole_id, parts=[])
    # Before the change; a whole has at least one part.
    if parts := list(ResourcePart.objects.filter(whole=instance.whole_id).values_list("part_id", flat=True)):
        Loan.objects.filter(is_out).update(parts=parts)


def note_person(
    *, instance: User, created: bool, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Suspended or closed, or open again: places are kept, what was ready goes to the next."""
    if created or (update_fields is not None and "is_active" not in update_fields):
        return
    if Loan.objects.live().filter(borrower=instance.pk).exists():
        after_commit(_follow_person, instance.pk)


def _follow_person(user_id: UUID) -> None:
    now = clock_now()
    drop_inactive(now=now)
    for queue in Queue.objects.filter(pk__in=Loan.objects.waiting().filter(borrower=user_id).values("queue")):
        _look(queue, now)


def connect() -> None:
    loans_changed.connect(telling.tell_of_loans, dispatch_uid="lending.messages")
    loans_changed.connect(live.note_loans, dispatch_uid="lending.note_loans")
    loans_changed.connect(webhooks.tell_of_loans, dispatch_uid="lending.webhooks")
    capacity_released.connect(serve_next, dispatch_uid="lending.capacity_released")
    configuration_changed.connect(look_again, dispatch_uid="lending.configuration_changed")
    for model in (LendingRules, Lendable):
        post_save.connect(note_lending, sender=model, dispatch_uid=f"lending.saved.{model.__name__}")
        post_delete.connect(note_lending, sender=model, dispatch_uid=f"lending.gone.{model.__name__}")
    pre_save.connect(keep_parts, sender=ResourcePart, dispatch_uid="lending.part_added")
    pre_delete.connect(keep_parts, sender=ResourcePart, dispatch_uid="lending.part_removed")
    post_save.connect(note_person, sender=User, dispatch_uid="lending.person")
