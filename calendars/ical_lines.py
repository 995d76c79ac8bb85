"""Content lines of RFC 5545; written by hand because a feed has tens of thousands of them."""

import re
from datetime import UTC, datetime

LONGEST = 75
QUOTED = frozenset(",;:")
LINE_BREAK = re.compile("\r\n|[\r\u2028\u2029]")


def content_line(name: str, value: str, **parameters: str) -> bytes:
    """``value`` is already escaped; parameters are quoted where necessary."""
    value = drop_control_characters(value).replace("\n", " ")
    parameter_text = "".join(f";{key}={quote(parameter)}" for key, parameter in parameters.items())
    return fold(f"{name}{parameter_text}:{value}".encode())


def text_line(name: str, value: str) -> bytes:
    return content_line(name, escape(value))


def escape(value: str) -> str:
    escapes = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return drop_control_characters(escapes).replace("\n", "\\n")


def quote(value: str) -> str:
    """A parameter value, in which quotes and line breaks cannot be escaped."""
    plain = " ".join(drop_control_characters(value).replace('"', "'").split())
    return f'"{plain}"' if QUOTED.intersection(plain) else plain


def drop_control_characters(value: str) -> str:
    if value.isprintable():
        return value
    unified = LINE_BREAK.sub("\n", value)
    characters = (
        character
        for character in unified
        if character in "\n\t" or (character >= " " and not "\x7f" <= character <= "\x9f")
    )
    return "".join(characters).encode("utf-8", "replace").decode()


def utc_instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def fold(octets: bytes) -> bytes:
    """In lines of at most ``LONGEST`` octets, never cut inside a character."""
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
