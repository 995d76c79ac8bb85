"""Files of apps, in a storage that no address leads to; ``serving`` sends them to those who may read them."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import DomainError
from common.files.content import find_type, name_safely
from common.files.kinds import FileKind, file_kinds
from common.models import StoredFile
from common.parsing import refuse
from common.transactions import after_commit, lock_name, retried_atomic

GRACE = timedelta(days=1)
"""So long may a file be without its row, or a row without what it belongs to."""


class FileTooLarge(DomainError):
    code = "too_large"
    status = 413
    message = _("This file is too large.")


class FileTypeRefused(DomainError):
    code = "unsupported_media_type"
    status = 415
    message = _("This file type isn't allowed, or the file is damaged.")


def file_storage() -> Storage:
    return storages["files"]


class _Measured(File):  # type: ignore[type-arg]
    """Counts and hashes what is copied; without a path of its own, which storages would move away."""

    def __init__(self, file: "File[bytes]", most: int) -> None:
        super().__init__(file.file)
        self._most, self.length, self.digest = most, 0, hashlib.sha256()

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in super().chunks(chunk_size):
            self.length += len(chunk)
            if self.length > self._most:
                raise FileTooLarge
            self.digest.update(chunk)
            yield chunk


def store_file(
    *, kind: str, subject_id: str, venue_id: int, file: "File[bytes]", name: str, user_id: UUID | None
) -> StoredFile:
    """Keep ``file``, which ``user_id`` sent as ``name``, for a row of the app that registered ``kind``.

    Whether they may is the app's to ask. Raises ``FileTooLarge``, ``FileTypeRefused`` and ``InvalidInput``.
    """
    rules = file_kinds[kind]
    if file.size > rules.largest:
        raise FileTooLarge
    if not file.size:
        refuse("file", _("This file is empty."))
    media_type = find_type(file, name)
    if media_type not in rules.types:
        raise FileTypeRefused
    random_name = secrets.token_hex(32)
    measured = _Measured(file, rules.largest)
    stored_as = f"{random_name[:2]}/{random_name}"
    try:
        file_storage().save(stored_as, measured)
        row = StoredFile(
            kind=kind,
            subject_id=subject_id,
            venue_id=venue_id,
            name=name_safely(name, str(media_type)),
            media_type=str(media_type),
            size=measured.length,
            sha256=measured.digest.hexdigest(),
            stored_as=stored_as,
            user_id=user_id,
            created_at=clock_now(),
        )
        return _add_row(row, rules)
    except BaseException:
        file_storage().delete(stored_as)
        raise


@retried_atomic
def _add_row(row: StoredFile, rules: FileKind) -> StoredFile:
    lock_name(f"files:{row.kind}:{row.subject_id}")  # two at once would both find room
    there = StoredFile.objects.filter(kind=row.kind, subject_id=row.subject_id)
    used = there.aggregate(number=Count("pk"), size=Sum("size", default=0))
    if used["number"] >= rules.most_files or used["size"] + row.size > rules.most_bytes:
        refuse("file", _("No space left for more files. Delete some first."))
    row.save(force_insert=True)
    return row


def delete_file(stored: StoredFile) -> None:
    """The row in the transaction under way, the file after its commit."""
    stored.delete()
    after_commit(file_storage().delete, stored.stored_as)


def forget_files_of(user_id: UUID) -> None:
    """Delete somebody's own files; those that belong to others as well only lose their name."""
    personal = [name for name, rules in file_kinds.items() if rules.is_personal]
    for stored in StoredFile.objects.filter(user_id=user_id, kind__in=personal):
        delete_file(stored)
    StoredFile.objects.filter(user_id=user_id).update(user=None)


def sweep_files(*, now: datetime) -> int:
    """Delete files of rows that are gone, and what was written for rows that never came to be."""
    before = now - GRACE
    return sum(_sweep_rows(name, rules, before) for name, rules in file_kinds.items()) + _sweep_storage(
        before
    )


def _sweep_rows(kind: str, rules: FileKind, before: datetime) -> int:
    old = StoredFile.objects.filter(kind=kind, created_at__lt=before)
    subjects = set(old.values_list("subject_id", flat=True))
    gone = subjects.difference(rules.keep_subjects(subjects)) if subjects else set()
    rows = list(old.filter(subject_id__in=gone))
    for stored in rows:
        delete_file(stored)
    return len(rows)


def _sweep_storage(before: datetime) -> int:
    storage = file_storage()
    if not storage.exists(""):
        return 0
    swept = 0
    for folder in storage.listdir("")[0]:
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
        old = [name for name in names if storage.get_modified_time(name) < before]
        known = set(StoredFile.objects.filter(stored_as__in=old).values_list("stored_as", flat=True))
        for name in set(old) - known:
            storage.delete(name)
            swept += 1
    return swept
