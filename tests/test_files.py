"""Documents of an app, shown by one that keeps them for notes."""

import hashlib
import struct
import zlib
from collections.abc import Collection, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from PIL import Image

from accounts import privacy
from accounts.models import User
from accounts.services.closing import close_account
from common.clock import now
from common.errors import InvalidInput
from common.files import content
from common.files.content import find_type, name_safely
from common.files.kinds import FileKind, file_kinds
from common.files.storing import (
    FileTooLarge,
    FileTypeRefused,
    delete_file,
    file_storage,
    store_file,
    sweep_files,
)
from common.models import StoredFile
from resources.models import Venue
from tests.factories import make_user, make_venue

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nhello"
NOTES = {"1", "2"}


def may_read(request: HttpRequest, stored: StoredFile) -> bool:
    return request.user.pk is not None and request.user.pk == stored.user_id


def keep(keys: Collection[str]) -> Collection[str]:
    return NOTES.intersection(keys)


@pytest.fixture(autouse=True)
def kind() -> Iterator[FileKind]:
    kind = FileKind(content.ALL_TYPES, may_read, keep, largest=1000, most_files=3, most_bytes=1500)
    file_kinds.register("notes", kind)
    yield kind
    file_kinds.unregister("notes")


@pytest.fixture
def venue() -> Venue:
    return make_venue()


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com")


def store(venue: Venue, data: bytes = PDF, name: str = "Plan.pdf", **more: Any) -> StoredFile:
    fields = {"kind": "notes", "subject_id": "1", "user_id": None} | more
    return store_file(venue_id=venue.pk, file=ContentFile(data), name=name, **fields)


def on_disk() -> set[str]:
    storage = file_storage()
    folders = storage.listdir("")[0] if storage.exists("") else []
    return {f"{folder}/{name}" for folder in folders for name in storage.listdir(folder)[1]}


@pytest.fixture(autouse=True)
def empty_storage() -> Iterator[None]:
    yield
    for name in on_disk():
        file_storage().delete(name)


def picture(kind: str, size: int = 8) -> bytes:
    out = BytesIO()
    Image.new("RGB", (size, size)).save(out, kind)
    return out.getvalue()


def archive(*entries: tuple[str, bytes], stored: bool = False) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as zipped:
        for name, data in entries:
            zipped.writestr(name, data, ZIP_STORED if stored or name == "mimetype" else ZIP_DEFLATED)
    return out.getvalue()


WORD = (("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>"))
SHEET = (("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<w/>"))


def huge_png() -> bytes:
    """A few bytes that claim to be 30,000 x 30,000."""
    data = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    part = b"IHDR" + data
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + part + struct.pack(">I", zlib.crc32(part))


def bomb() -> bytes:
    made = archive(*WORD)
    spot = made.index(b"PK\x01\x02") + 24  # the size that the directory claims
    return made[:spot] + struct.pack("<L", 2**31) + made[spot + 4 :]


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (PDF, "x.exe", content.PDF),
        (picture("JPEG"), "x", "image/jpeg"),
        (picture("PNG"), "x.pdf", "image/png"),
        (picture("WEBP"), "x", "image/webp"),
        (archive(*WORD), "x", content.DOCX),
        (archive(*SHEET), "x.docx", content.XLSX),
        (archive(("mimetype", content.ODT.encode()), ("content.xml", b"<x/>")), "x", content.ODT),
        (archive(("mimetype", content.ODS.encode())), "x", content.ODS),
        ("Grüße\r\n\tAda\n".encode(), "x", content.TEXT),
        (b"\xef\xbb\xbfname;age\n", "list.CSV", content.CSV),
        (b"", "x.txt", None),
        (b" \n ", "x.txt", None),
        (b"  <html><script>alert(1)</script>", "x.txt", None),
        (b"\xef\xbb\xbf<svg onload='x'/>", "x.csv", None),
        (b"<?xml version='1.0'?><svg/>", "photo.png", None),
        (b"MZ\x90\x00", "x.pdf", None),
        (b"#!/bin/sh\x00", "x.txt", None),
        (b"\xff\xfea\x00", "x.txt", None),
        (b"GIF89a/*", "x.gif", content.TEXT),
        (b" %PDF-1.7", "x.pdf", content.TEXT),
        (b"\xff\xd8\xff<script>", "x.jpg", None),
        (b"RIFF\x00\x00\x00\x00AVI ", "x.webp", None),
        (huge_png(), "x.png", None),
        (archive(("a.txt", b"a")), "x.docx", None),
        (archive(*WORD, ("xl/workbook.xml", b"")), "x.docx", None),
        (archive(*WORD, ("word/vbaProject.bin", b"")), "x.docx", None),
        (archive(*WORD, ("../../etc/passwd", b"")), "x.docx", None),
        (archive(*WORD, ("/etc/passwd", b"")), "x.docx", None),
        (archive(("mimetype", b"application/epub+zip")), "x.odt", None),
        (archive(*WORD)[:-10], "x.docx", None),
        (archive(*WORD) + b"PK\x06\x07", "x.docx", None),
        (b"PK\x03\x04", "x.docx", None),
        (bomb(), "x.docx", None),
    ],
)
@pytest.mark.once
def test_a_file_is_what_it_holds(data: bytes, name: str, media_type: str | None) -> None:
    assert find_type(BytesIO(data), name) == media_type


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Plan.pdf", "Plan.pdf"),
        ("Plan.PDF", "Plan.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\plan.pdf", "plan.pdf"),
        ("invoice.pdf.exe", "invoice.pdf.pdf"),
        ("fdp\u202e.exe", "fdp.pdf"),
        ('a"\r\nSet-Cookie: x.pdf', 'a"  Set-Cookie: x.pdf'),
        ("", "file.pdf"),
        ("..", "file.pdf"),
        (".pdf", "pdf.pdf"),
        ("x" * 500, f"{'x' * 150}.pdf"),
    ],
)
def test_a_name_has_no_folders_and_the_ending_of_its_content(name: str, kept: str) -> None:
    assert name_safely(name, content.PDF) == kept


def test_it_is_kept_outside_of_media_under_a_random_name(venue: Venue, ada: User) -> None:
    stored = store(venue, user_id=ada.pk)
    assert (stored.size, stored.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert on_disk() == {stored.stored_as}
    path = Path(file_storage().path(stored.stored_as))
    assert path.read_bytes() == PDF
    assert Path(settings.MEDIA_ROOT) not in path.parents
    assert "Plan" not in stored.stored_as
    assert store(venue).stored_as != stored.stored_as
    assert Client().get(f"/media/{stored.stored_as}").status_code == 404


def test_whoever_may_read_it_gets_an_attachment_in_which_nothing_runs(venue: Venue, ada: User) -> None:
    stored, client = store(venue, name="Grüße.pdf", user_id=ada.pk), Client()
    client.force_login(ada)
    for answer in (client.get(f"/files/{stored.pk}/"), client.head(f"/files/{stored.pk}/")):
        assert answer.status_code == 200
        assert answer["Content-Type"] == content.PDF
        assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cache-Control"] == "private, no-store"
    assert b"".join(client.get(f"/files/{stored.pk}/")) == PDF
    assert client.post(f"/files/{stored.pk}/").status_code == 405


def test_to_others_it_is_not_there(venue: Venue, ada: User) -> None:
    stored, stranger, owner = store(venue, user_id=ada.pk), Client(), Client()
    stranger.force_login(make_user("eve@example.com"))
    owner.force_login(ada)
    for client in (Client(), stranger):
        assert client.get(f"/files/{stored.pk}/").status_code == 404
    rules = file_kinds["notes"]
    file_kinds.unregister("notes")
    try:
        assert owner.get(f"/files/{stored.pk}/").status_code == 404  # nobody is there to ask
    finally:
        file_kinds.register("notes", rules)
    file_storage().delete(stored.stored_as)
    assert owner.get(f"/files/{stored.pk}/").status_code == 404


def test_what_is_not_taken_leaves_nothing_behind(venue: Venue) -> None:
    with pytest.raises(FileTooLarge):
        store(venue, PDF + b"x" * 1000)
    lying = ContentFile(PDF + b"x" * 1000)
    lying.size = 10
    with pytest.raises(FileTooLarge):
        store_file(kind="notes", subject_id="1", venue_id=venue.pk, file=lying, name="x", user_id=None)
    for data in (b"<svg/>", b"MZ\x00"):
        with pytest.raises(FileTypeRefused):
            store(venue, data)
    with pytest.raises(InvalidInput):
        store(venue, b"")
    assert (on_disk(), StoredFile.objects.count()) == (set(), 0)


def test_a_kind_takes_only_its_own_types(venue: Venue, kind: FileKind) -> None:
    file_kinds.register("pictures", FileKind(frozenset({"image/png"}), may_read, keep))
    try:
        assert store(venue, picture("PNG"), "x.pdf", kind="pictures").name == "x.png"
        with pytest.raises(FileTypeRefused):
            store(venue, PDF, "x.png", kind="pictures")
    finally:
        file_kinds.unregister("pictures")


def test_a_row_has_room_for_so_much(venue: Venue) -> None:
    for _time in range(3):
        store(venue)
    with pytest.raises(InvalidInput, match="No space left"):
        store(venue)
    store(venue, PDF + b"x" * 900, subject_id="2")
    with pytest.raises(InvalidInput, match="No space left"):
        store(venue, PDF + b"x" * 900, subject_id="2")
    assert len(on_disk()) == StoredFile.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_deleted_is_gone_after_the_commit_and_stays_if_there_is_none(venue: Venue) -> None:
    stored, kept = store(venue), store(venue)
    with transaction.atomic():
        delete_file(kept)
        transaction.set_rollback(True)
    kept = StoredFile.objects.get(stored_as=kept.stored_as)
    delete_file(stored)
    assert on_disk() == {kept.stored_as}


@pytest.mark.django_db(transaction=True)
def test_what_belongs_to_nothing_is_swept_after_a_day(venue: Venue) -> None:
    kept = store(venue)
    store(venue, subject_id="3")
    file_storage().save("ab/cd", ContentFile(b"never committed"))
    assert sweep_files(now=now()) == 0
    assert len(on_disk()) == 3

    assert sweep_files(now=now() + timedelta(days=2)) == 2
    assert set(StoredFile.objects.all()) == {kept}
    assert on_disk() == {kept.stored_as}
    assert sweep_files(now=now() + timedelta(days=2)) == 0


def test_it_is_exported_and_forgets_or_goes_with_its_owner(venue: Venue, ada: User) -> None:
    file_kinds.register("own", FileKind(content.ALL_TYPES, may_read, keep, is_personal=True))
    try:
        shared, own = store(venue, user_id=ada.pk), store(venue, kind="own", user_id=ada.pk)
        found = privacy.build_document(ada)["files"]
        assert {(each["id"], each["name"], each["sha256"]) for each in found} == {
            (stored.pk, "Plan.pdf", stored.sha256) for stored in (shared, own)
        }
        close_account(user=ada)
        assert [(each.pk, each.user_id) for each in StoredFile.objects.all()] == [(shared.pk, None)]
    finally:
        file_kinds.unregister("own")
