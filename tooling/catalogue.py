"""The translations of the project's texts: collected from the code, checked, written. See
docs/translating.md.

In Python alone, so that no machine needs GNU gettext: ``python -m tooling.catalogue``.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locale"
# Folders without texts for visitors; hidden ones have none either.
NO_TEXTS = {"bench", "locale", "migrations", "node_modules", "script", "static", "tests", "tooling", "var"}
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%%|%\(\w+\)[sdif]|%[sdif]|\{%.*?%\}|\{\{.*?\}\}|\{\w*\}|</?[a-z]+[^>]*>")
# A date of its own would make two catalogues with the same texts differ.
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)


def collect_texts(root: Path = ROOT) -> Catalog:
    catalog = Catalog()
    for text, context in _list_texts(root):
        catalog.add(text, context=context)
    return catalog


def find_ambiguous_texts(root: Path = ROOT) -> set[str]:
    """What has a plural in one place and stands alone in another, where Python 3.11.2 does not find it."""
    texts = set(_list_texts(root))
    with_plural = {(text[0], context) for text, context in texts if isinstance(text, tuple)}
    return {text for text, context in texts if isinstance(text, str) and (text, context) in with_plural}


@cache  # it takes seconds, and several tests ask
def _list_texts(root: Path) -> list[tuple[str | tuple[str, ...], str | None]]:
    return [
        (text, context)
        for path in sorted(root.rglob("*"))
        if path.suffix in (".py", ".html", ".txt") and not _is_left_out(path.relative_to(root))
        for _line, text, _comments, context in _extract_texts(path)
    ]


def _is_left_out(path: Path) -> bool:
    return any(name in NO_TEXTS or name.startswith(".") for name in path.parts[:-1])


def _extract_texts(path: Path) -> Iterable[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    source = path.read_text()
    if path.suffix != ".py":  # the rest of a template becomes rows of X, whose indents mean nothing
        source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
    return extract("babel.messages.extract:extract_python", BytesIO(source.encode()), KEYWORDS)


def read_translations(folder: Path) -> Catalog:
    path = folder / "django.po"
    return read_po(BytesIO(path.read_bytes() if path.exists() else b""), locale=folder.parent.name)


def merge_translations(wanted: Catalog, existing: Catalog) -> Catalog:
    """The texts of ``wanted`` with the translations that ``existing`` has; the others are empty."""
    catalog = _empty_catalog(existing)
    for message in _entries(wanted):
        translation = existing.get(_id(message), message.context)
        string = (
            translation.string if translation and translation.pluralizable == message.pluralizable else None
        )
        catalog.add(message.id, string, context=message.context)
    return catalog


def write_translations(catalog: Catalog, folder: Path) -> None:
    """Write ``django.po`` and ``django.mo``; the same translations give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "django.po").open("wb") as file:
        file.write(_header(catalog).encode())
        write_po(file, catalog, width=0, omit_header=True, sort_output=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, _only_translated(catalog))


def _empty_catalog(like: Catalog) -> Catalog:
    return Catalog(locale=like.locale, fuzzy=False, creation_date=UNDATED, revision_date=UNDATED)


def _only_translated(catalog: Catalog) -> Catalog:
    done = _empty_catalog(catalog)
    for message in _entries(catalog):
        if all(_forms(message.string)):
            done.add(message.id, message.string, context=message.context)
    return done


def _header(catalog: Catalog) -> str:
    lines = (
        f"Language: {catalog.locale_identifier}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {catalog.plural_forms}",
    )
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"


def find_faults(wanted: Catalog, folder: Path) -> Iterator[str]:
    """Yield one line for each thing that is wrong with the translations of one language."""
    existing = read_translations(folder)
    for message in _entries(wanted):
        translation = existing.get(_id(message), message.context)
        if translation is None or translation.pluralizable != message.pluralizable:
            yield f"unknown: {_id(message)!r}"
    for message in _entries(existing):
        yield from _find_message_faults(message, wanted)
    with (folder / "django.mo").open("rb") as file:
        compiled = read_mo(file)
    if _translations(compiled) != _translations(existing):
        yield "django.mo is not made of this django.po"


def _find_message_faults(message: Message, wanted: Catalog) -> Iterator[str]:
    name = _id(message)
    if wanted.get(name, message.context) is None:
        yield f"no longer in the code: {name!r}"
    if message.fuzzy:
        yield f"fuzzy: {name!r}"
    for original, translation in _pairs(message):
        if not translation:
            yield f"not translated: {original!r}"
        elif _placeholders(original) != _placeholders(translation):
            yield f"other placeholders: {original!r} {translation!r}"


def _pairs(message: Message) -> Iterator[tuple[str, str]]:
    originals, translations = _forms(message.id), _forms(message.string)
    # A language may have more plural forms than English: the last original stands for all of them.
    for number, translation in enumerate(translations):
        yield originals[min(number, len(originals) - 1)], translation


def _forms(value: Any) -> list[str]:
    """One form, or singular and plurals, whichever way Babel has it."""
    return [str(part or "") for part in value] if isinstance(value, tuple | list) else [str(value or "")]


def _placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def _translations(catalog: Catalog) -> dict[tuple[str, str], list[str]]:
    parts_by_name = {
        (_id(message), _context(message)): [part for _id, part in _pairs(message)]
        for message in _entries(catalog)
    }
    return {name: parts for name, parts in parts_by_name.items() if all(parts)}


def _context(message: Message) -> str:
    context: Any = message.context or ""
    return context.decode() if isinstance(context, bytes) else str(context)  # bytes in a compiled file


def _entries(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _id(message: Message) -> str:
    return _forms(message.id)[0]


def list_folders() -> list[Path]:
    return sorted(path.parent for path in LOCALES.glob("*/LC_MESSAGES/django.po"))


def list_library_folders() -> list[Path]:
    """Where texts of libraries are said in our words, English among them."""
    return sorted(path.parent for path in (LOCALES / "libraries").glob("*/LC_MESSAGES/django.po"))


def main(languages: list[str]) -> int:
    """Update every catalogue, begin those of new ``languages`` and print what is missing."""
    wanted, missing = collect_texts(), 0
    for folder in {*list_folders(), *(LOCALES / name / "LC_MESSAGES" for name in languages)}:
        write_translations(merge_translations(wanted, read_translations(folder)), folder)
        for fault in find_faults(wanted, folder):
            missing += 1
            print(f"{folder.parent.name}: {fault}")
    for folder in list_library_folders():
        write_translations(read_translations(folder), folder)
    print(f"{len(wanted)} texts, {missing} to be looked at")
    return min(missing, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
