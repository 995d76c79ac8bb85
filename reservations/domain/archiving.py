"""What is removed, kept as files: one for each batch and month, a row of the database on each line."""

import gzip
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from django.core import serializers
from django.db.models import Model

from common.keys import uuid7
from payments.models import Payment
from reservations.models import Reservation, ReservationEvent, ReservationItem, ReservationSeries
from resources.models import Venue


@contextmanager
def archiving(rows: Sequence[Reservation], folder: Path, venue: Venue) -> Iterator[None]:
    """They are on the disk before the block begins, and gone again if it fails: it then removes nothing."""
    by_month: dict[str, list[Reservation]] = defaultdict(list)
    for row in rows:
        by_month[f"{row.starts_at.astimezone(venue.zone):%Y-%m}"].append(row)
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    try:
        for month, of_month in by_month.items():
            # Of its own for each batch: others may be writing, and what breaks off breaks no other.
            path = folder / f"{venue.slug}-{month}-{uuid7().hex}.jsonl.gz"
            paths.append(path)
            _write(path, _read_all(of_month))
        _sync(folder)
        yield
    except Exception:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


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
    finally:
        unfinished.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """The names of the files, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
