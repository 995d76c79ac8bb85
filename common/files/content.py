"""What a file is, by its content: what its sender says of it counts for nothing."""

import re
import struct
import unicodedata
from pathlib import PurePosixPath
from typing import IO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from PIL import Image, UnidentifiedImageError

from common.names import drop_controls

PDF, CSV, TEXT = "application/pdf", "text/csv", "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT, ODS = "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet"
SUFFIXES = {
    PDF: (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
    ODT: (".odt",),
    ODS: (".ods",),
    TEXT: (".txt",),
    CSV: (".csv",),
}
"""Every type that can be told -> how names of such files end, the usual one first."""
ALL_TYPES = frozenset(SUFFIXES)
PICTURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"RIFF": "WEBP"}
OFFICE = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
MACROS = ("vbaproject.bin", "script-lc.xml", "script-lb.xml")
MOST_PIXELS = 40_000_000
LONGEST_DIRECTORY = 1_048_576
MOST_UNPACKED = 268_435_456
LONGEST_NAME = 150
TAIL = 65_536 + 22
"""Where the end of an archive's directory is told, after which a comment may come."""
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


def find_type(file: IO[bytes], name: str) -> str | None:
    """The media type; None for what is none of ``SUFFIXES``, broken, or dangerous to open."""
    file.seek(0)
    head = file.read(16)
    if head.startswith(b"%PDF-"):
        return PDF
    for mark, picture_format in PICTURES.items():
        if head.startswith(mark):
            return _find_picture(file, picture_format)
    if head.startswith(b"PK\x03\x04"):
        return _find_document(file)
    if not _is_plain_text(file):
        return None
    return CSV if name.lower().endswith(".csv") else TEXT  # nothing else tells them apart


def name_safely(name: str, media_type: str) -> str:
    """Without folders and what cannot be seen, and with an ending that fits the content."""
    last = PurePosixPath(drop_controls(unicodedata.normalize("NFC", name)).replace("\\", "/")).name
    path, endings = PurePosixPath(last.strip(" .") or "file"), SUFFIXES[media_type]
    suffix = path.suffix.lower() if path.suffix.lower() in endings else endings[0]
    return f"{path.stem[:LONGEST_NAME].strip(' .') or 'file'}{suffix}"


def _find_picture(file: IO[bytes], picture_format: str) -> str | None:
    file.seek(0)
    try:
        with Image.open(file, formats=[picture_format]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.verify()
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return f"image/{picture_format.lower()}"


def _find_document(file: IO[bytes]) -> str | None:
    if not _is_small_directory(file):
        return None
    try:
        with ZipFile(file) as archive:
            entries = archive.infolist()
            return _find_office_type(archive, entries) if _are_harmless(entries) else None
    except (BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return None


def _is_small_directory(file: IO[bytes]) -> bool:
    # Before anything is read into memory: a directory of short entries takes ten times its size there.
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if (
        end < 0 or len(tail) < end + 22 or b"PK\x06\x07" in tail
    ):  # the latter begins what is larger than usual
        return False
    length: int = struct.unpack("<L", tail[end + 12 : end + 16])[0]
    return length <= LONGEST_DIRECTORY


def _are_harmless(entries: list[ZipInfo]) -> bool:
    names = [entry.filename for entry in entries]
    is_bomb = sum(entry.file_size for entry in entries) > MOST_UNPACKED
    has_macros = any(name.lower().endswith(MACROS) for name in names)
    climbs = any(name.startswith("/") or "\\" in name or ".." in name.split("/") for name in names)
    is_sealed = any(entry.flag_bits & 1 for entry in entries)
    return not (is_bomb or has_macros or climbs or is_sealed) and len(set(names)) == len(names)


def _find_office_type(archive: ZipFile, entries: list[ZipInfo]) -> str | None:
    first = entries[0]
    if first.filename == "mimetype" and first.compress_type == ZIP_STORED and first.file_size < 100:
        told = archive.read(first).decode("ascii", "replace")
        return told if told in (ODT, ODS) else None
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names:
        return None
    found = [media_type for name, media_type in OFFICE.items() if name in names]
    return found[0] if len(found) == 1 else None


def _is_plain_text(file: IO[bytes]) -> bool:
    """UTF-8 without control characters, and no markup, which is what browsers might run."""
    file.seek(0)
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    begun = text.lstrip()
    return bool(begun) and not begun.startswith("<") and not CONTROLS.search(text)
