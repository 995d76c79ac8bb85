"""Which parts of a venue's configuration have changed: a random stamp for the venue and for each part."""

from collections.abc import Collection, Iterable

from django.db import router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from common.database import write_connection
from common.transactions import readings_of_change, run_last, steps_due_last
from resources.models import ConfigurationStamp, Venue
from resources.models.venue import new_stamp
from resources.signals import configuration_changed

# Random, not counted: a number used again after a rollback would serve stale values.
EVERYTHING = "everything"
RESOURCE = "resource:"
MOST_KEYS = 300
"""From so many changed resources on, everything is read again."""


def resource_keys(resource_ids: Iterable[int | None]) -> set[str]:
    return {f"{RESOURCE}{id}" for id in resource_ids if id is not None}


def touch_venues(venue_ids: Collection[int]) -> None:
    """For bulk writers: make every process read all configuration of these venues again."""
    touch(venue_ids, {EVERYTHING})


def touch(venue_ids: Collection[int], keys: Collection[str]) -> None:
    """Make every process read these parts again; open pages are told once per change."""
    for venue_id in sorted(venue_ids):
        run_last(StampRenewal(venue_id, keys, tells=True))


def touch_part(name: str, venue_ids: Collection[int]) -> None:
    """As ``touch``, for a registered part, which does not change what is free."""
    for venue_id in sorted(venue_ids):
        run_last(StampRenewal(venue_id, {name}, tells=False))


def is_being_changed(venue_id: int) -> bool:
    # This thread sees what nobody else does yet. Its pending stamps are written first, so that what it reads
    # now is not kept under the old ones.
    steps = [step for step in steps_due_last(key_of(venue_id)) if isinstance(step, StampRenewal)]
    for step in steps:
        step.write()
    return bool(steps)


def key_of(venue_id: int) -> tuple[str, int]:
    return "configuration", venue_id


def read_stamps(connection: BaseDatabaseWrapper, venue_ids: Collection[int]) -> dict[int, int]:
    """Of those venues that are there."""
    # Every request asks this, so the SQL is written out: building the ORM query takes longer than running it.
    if not venue_ids:
        return {}
    marks = ", ".join(["%s"] * len(venue_ids))
    with connection.cursor() as cursor:
        sql = f"SELECT id, config_stamp FROM resources_venue WHERE id IN ({marks})"
        cursor.execute(sql, list(venue_ids))
        return dict(cursor.fetchall())


def remember_stamp(venue_id: int, stamp: int) -> None:
    # For the change under way: it then looks at the stamp once, with the row that it locks.
    readings = readings_of_change()
    if readings is not None:
        readings[key_of(venue_id)] = stamp


def remembered_stamp(venue_id: int) -> int | None:
    return (readings_of_change() or {}).get(key_of(venue_id))


def _forget_stamp(venue_id: int) -> None:
    (readings_of_change() or {}).pop(key_of(venue_id), None)


class StampRenewal:
    """The last step of a change: new stamps, and the news."""

    def __init__(self, venue_id: int, keys: Collection[str], *, tells: bool) -> None:
        self._venue_id = venue_id
        self._keys = set(keys)
        self._tells = tells
        self._is_there = True
        # Those within which the stamps were written: rolled back, they must be written again.
        self._savepoints: list[str | None] | None = None

    @property
    def key(self) -> tuple[str, int]:
        return key_of(self._venue_id)

    def join(self, other: "StampRenewal") -> None:
        self._keys |= other._keys
        self._tells |= other._tells
        self._savepoints = None

    def write(self) -> None:
        now = write_connection(Venue).savepoint_ids
        if self._savepoints is None or now[: len(self._savepoints)] != self._savepoints:
            self._is_there = _renew(self._venue_id, self._keys)
            self._savepoints = list(now)

    def run(self) -> None:
        self.write()
        if self._tells and self._is_there:
            configuration_changed.send(Venue, venue_id=self._venue_id)


def _renew(venue_id: int, keys: set[str]) -> bool:
    """Returns False when the venue has just been deleted with all its rows."""
    _forget_stamp(venue_id)
    if EVERYTHING in keys or len(keys) > MOST_KEYS:
        keys = {EVERYTHING}
    # In one transaction, so that no reader sees a new stamp of the venue with old ones of its parts.
    with transaction.atomic(using=router.db_for_write(Venue), savepoint=False):
        if not Venue.objects.filter(pk=venue_id).update(config_stamp=new_stamp()):
            ConfigurationStamp.objects.filter(venue_id=venue_id).delete()
            return False
        ConfigurationStamp.objects.bulk_create(
            [ConfigurationStamp(venue_id=venue_id, key=key, stamp=new_stamp()) for key in sorted(keys)],
            update_conflicts=True,
            unique_fields=["venue", "key"],
            update_fields=["stamp"],
        )
    return True
