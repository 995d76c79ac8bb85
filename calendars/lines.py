"""Content lines of RFC 5545: escaped, quoted, folded. A feed has tens of thousands of them."""

import re
from datetime import UTC, datetime

LONGEST = 75
"""Octets of one line, without its end."""
QUOTED = frozenset(",;:")
LINE_BREAK = re.compile("\r\n|[\r\u2028\u2029]")


def line(name: str, value: str, **parameters: str) -> bytes:
    """``value`` as it is to stand there, on one line; parameters are quoted where they must be."""
    value = printable(value).replace("\n", " ")
    told = "".join(f";{key}={quoted(each)}" for key, each in parameters.items())
    return folded(f"{name}{told}:{value}".encode())


def text(name: str, value: str) -> bytes:
    """A line of free text."""
    return line(name, escaped(value))


def escaped(value: str) -> str:
    escapes = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return printable(escapes).replace("\n", "\\n")


def quoted(value: str) -> str:
    """Of a parameter, which knows no escaping of quotes and line breaks."""
    plain = " ".join(printable(value).replace('"', "'").split())
    return f'"{plain}"' if QUOTED.intersection(plain) else plain


def printable(value: str) -> str:
    """Without control characters, which no calendar may hold; line breaks stay."""
    if value.isprintable():
        return value
    unified = LINE_BREAK.sub("\n", value)
    kept = (each for each in unified if each in "\n\t" or (each >= " " and not "\x7f" <= each <= "\x9f"))
    return "".join(kept).encode("utf-8", "replace").decode()


def instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def folded(octets: bytes) -> bytes:
    """In lines of at most ``LONGEST`` octets, cut between characters."""
    if len(octets) <= LONGEST:
        return octets + b"\r\n"
    parts, start, room = [], 0, LONGEST
    while start < len(octets):
        end = start + room
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        parts.append(octets[start:end])
        start, room = end, LONGEST - 1  # the space that the next line begins with
    return b"\r\n ".join(parts) + b"\r\n"
