"""What is removed, kept as files: one for each batch and month, a row of the database on each line."""

import gzip
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from django.core import serializers
from django.db.models import Model

from common.keys import uuid7
from payments.models import Payment
from reservations.models import Reservation, ReservationEvent, ReservationItem, ReservationSeries
from resources.models import Venue


class ArchiveFailed(Exception):
    """The disk is full or may not be written: no booking's fault, so the run ends."""


@contextmanager
def archiving(rows: Sequence[Reservation], folder: Path, venue: Venue) -> Iterator[None]:
    """They are on the disk before the block begins, and gone again if it fails: it then removes nothing.

    Raises ``ArchiveFailed``.
    """
    by_month: dict[Path, list[Reservation]] = defaultdict(list)
    # A file of its own for each batch: others may be writing, and what breaks off breaks no other.
    batch = uuid7().hex
    for row in rows:
        month = row.starts_at.astimezone(venue.zone)
        by_month[folder / f"{venue.slug}-{month:%Y-%m}-{batch}.jsonl.gz"].append(row)
    try:
        _write_all(by_month, folder)
        yield
    except Exception:
        with suppress(OSError):
            for path in by_month:
                path.unlink(missing_ok=True)
        raise


def _write_all(rows_by_path: Mapping[Path, Sequence[Reservation]], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, rows in rows_by_path.items():
            _write(path, _read_all(rows))
        _sync(folder)
    except OSError as error:
        raise ArchiveFailed(f"The archive {folder} can't be written: {error}") from error


def _read_all(rows: Sequence[Reservation]) -> Iterator[Model]:
    """Bookings with what only they say; what they occupied follows from them."""
    ids = [row.pk for row in rows]
    bills = [row.bill for row in rows if row.bill]
    return chain(
        bills,
        Payment.objects.filter(bill__in=bills).order_by("pk"),
        ReservationSeries.objects.filter(reservations__in=ids).distinct().order_by("pk"),
        rows,
        ReservationItem.objects.filter(reservation__in=ids).order_by("pk"),
        ReservationEvent.objects.filter(reservation__in=ids).order_by("pk"),
    )


def _write(path: Path, rows: Iterable[Model]) -> None:
    """Under its name only once it is whole."""
    unfinished = path.with_suffix(".part")
    try:
        with unfinished.open("xb") as file:
            with gzip.open(file, "wt", encoding="utf-8") as text:
                serializers.serialize("jsonl", rows, stream=text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """The names of the files, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
