"""What is removed, kept as files: one for each month, a row of the database on each line."""

import gzip
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from django.core import serializers
from django.db.models import Model

from payments.models import Payment
from reservations.models import Reservation, ReservationEvent, ReservationItem
from resources.models import Venue


def archive(rows: Sequence[Reservation], folder: Path, venue: Venue) -> None:
    """Is on the disk before it returns. Called again for the same rows it writes them again."""
    by_month: dict[str, list[Reservation]] = defaultdict(list)
    for row in rows:
        by_month[f"{row.starts_at.astimezone(venue.zone):%Y-%m}"].append(row)
    folder.mkdir(parents=True, exist_ok=True)
    for month, of_month in by_month.items():
        _append(folder / f"{venue.slug}-{month}.jsonl.gz", _read_all(of_month))


def _read_all(rows: Sequence[Reservation]) -> Iterator[Model]:
    """Bookings with what only they say; what they occupied follows from them."""
    ids = [row.pk for row in rows]
    bills = [row.bill for row in rows if row.bill]
    return chain(
        bills,
        Payment.objects.filter(bill__in=bills).order_by("pk"),
        rows,
        ReservationItem.objects.filter(reservation__in=ids).order_by("pk"),
        ReservationEvent.objects.filter(reservation__in=ids).order_by("pk"),
    )


def _append(path: Path, rows: Iterable[Model]) -> None:
    # Members of gzip follow one another in one file.
    with path.open("ab") as file:
        with gzip.open(file, "wt", encoding="utf-8") as text:
            serializers.serialize("jsonl", rows, stream=text)
        file.flush()
        os.fsync(file.fileno())
