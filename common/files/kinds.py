from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.http import HttpRequest

from common.models import StoredFile
from common.registry import Registry
from common.sizes import MEGABYTE


@dataclass(frozen=True, slots=True)
class FileKind:
    """Files that belong to rows of one app, and what that app says of them.

    ``keep_subjects`` picks, of keys of those rows, the ones that are still there: files of others are swept.
    Limits are bytes of one file, and files and bytes of one row. ``is_personal``: erased with the sender.
    """

    types: frozenset[str]
    may_read: Callable[[HttpRequest, StoredFile], bool]
    keep_subjects: Callable[[Collection[str]], Collection[str]]
    largest: int = 20 * MEGABYTE
    most_files: int = 200
    most_bytes: int = 500 * MEGABYTE
    is_personal: bool = False


file_kinds: Registry[FileKind] = Registry("kinds of files")
