"""An iCalendar file as objects and lines, however oddly it is written. Standard library only."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"B\0E\0": "utf-16-le",
    b"\0B\0E": "utf-16-be",
}
"""By the first bytes of a file that is not UTF-8."""
BEFORE_BEGINNING = codecs.BOM_UTF8 + b"\n \t"
LINE_BREAKS = re.compile(rb"[\r\n]+")
BLANK_LINES = re.compile(rb"\n[ \t]+(?=\n)")
INDENT = re.compile(rb"\n([ \t]+)")
FOLD = re.compile(rb"\n[ \t]")
LINE = re.compile(r'([\w-]+)((?:;[^":;]*(?:"[^"]*"[^":;]*)*)*):(.*)', re.DOTALL)
PARAMETER = re.compile(r';([\w-]+)=("[^"]*"|[^;"]*)')
ESCAPED = re.compile(r"\\(.)")
DEEPEST = 20


class NotIcalendar(Exception):
    pass


class CutOff(Exception):
    """The file ends before its calendar does."""


class Line(NamedTuple):
    name: str
    parameters: dict[str, str]
    value: str


@dataclass(slots=True)
class IcalObject:
    kind: str
    lines: list[Line] = field(default_factory=list)
    parts: list["IcalObject"] = field(default_factory=list)

    def find(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def find_all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def word(self, name: str) -> str:
        line = self.find(name)
        return line.value.strip().upper() if line else ""

    def text(self, name: str) -> str:
        line = self.find(name)
        return " ".join(ESCAPED.sub(_unescape, line.value).split()) if line else ""


def _unescape(found: re.Match[str]) -> str:
    return " " if found[1] in "nN" else found[1]


def normalize(file: bytes) -> bytes:
    """UTF-8 with ``\\n`` at line ends, from the first line on. Where all others are indented, none is."""
    for beginning, encoding in OTHER_ENCODINGS.items():
        if file.startswith(beginning):
            file = file.decode(encoding, "replace").encode()
            break
    text = BLANK_LINES.sub(b"", LINE_BREAKS.sub(b"\n", file.replace(b"\0", b"")))
    text = text.lstrip(BEFORE_BEGINNING)
    if (found := INDENT.search(text)) and text.rstrip().count(b"\n") == text.count(b"\n" + found[1]):
        text = text.replace(b"\n" + found[1], b"\n")
    return text


def read_calendars(text: bytes) -> list[IcalObject]:
    """Every VCALENDAR of a normalized file; the last has what stands outside of all.

    Raises ``NotIcalendar``, and ``CutOff``: half a file would free what is busy.
    """
    root = IcalObject("")
    stack = [root]
    for line in _read_lines(text):
        kind = line.value.strip().upper()
        if line.name == "BEGIN":
            _open(stack, kind)
        elif line.name == "END":
            _close(stack, kind)
        else:
            stack[-1].lines.append(line)
    calendars = [part for part in root.parts if part.kind == "VCALENDAR"]
    if not calendars:
        raise NotIcalendar
    if len(stack) > 1:
        raise CutOff
    calendars[-1].parts += [part for part in root.parts if part.kind != "VCALENDAR"]
    return calendars


def _open(stack: list[IcalObject], kind: str) -> None:
    if len(stack) > DEEPEST:
        raise NotIcalendar
    opened = IcalObject(kind)
    stack[-1].parts.append(opened)
    stack.append(opened)


def _close(stack: list[IcalObject], kind: str) -> None:
    """Whatever was left open inside ends, too; an end of nothing is skipped."""
    depth = next((depth for depth in range(len(stack) - 1, 0, -1) if stack[depth].kind == kind), 0)
    if depth:
        del stack[depth:]


def _read_lines(text: bytes) -> Iterator[Line]:
    # Unfolded before it is decoded: some programs fold inside a character.
    for line in FOLD.sub(b"", text).decode(errors="replace").split("\n"):
        if found := LINE.match(line.lstrip()):
            name, parameters, value = found.groups()
            yield Line(name.upper(), _read_parameters(parameters), value)


def _read_parameters(text: str) -> dict[str, str]:
    return {name.upper(): value.strip('"') for name, value in PARAMETER.findall(text)} if text else {}
