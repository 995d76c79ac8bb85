"""Queues that are served with the same things: of a thing, and of the groups that it is one of."""

from collections.abc import Iterable, Mapping

from lending.locking import leaves_of, list_things
from lending.models import Queue
from resources.bookables import Catalog


def find_rivals(queues: Iterable[Queue], catalogs: Mapping[int, Catalog]) -> dict[int, set[int]]:
    """By queue those that share something with it, itself among them. They have one common order."""
    leaves = {queue.pk: leaves_of_queue(queue, catalogs) for queue in queues}
    queues_by_leaf: dict[int, set[int]] = {}
    for pk, its_leaves in leaves.items():
        for leaf in its_leaves:
            queues_by_leaf.setdefault(leaf, set()).add(pk)
    return {
        pk: {pk}.union(*(queues_by_leaf[leaf] for leaf in its_leaves)) for pk, its_leaves in leaves.items()
    }


def leaves_of_queue(queue: Queue, catalogs: Mapping[int, Catalog]) -> set[int]:
    return leaves_of(list_things(queue, catalogs[queue.venue_id], only_active=False))
