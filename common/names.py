"""Names of people and things: what is shown, mailed and printed, and must be what it looks like."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Joiners are no tricks: Persian words and pictures of families are written with them.
JOINERS = {"\u200c", "\u200d"}
BLANK_LETTERS = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
"""Letters by their category, and nothing to see."""
UNSEEN = ("C", "M", "Z")


def check_name(value: str) -> None:
    """Refuses control and bidi characters, and what shows nothing. Raises Django's ``ValidationError``."""
    if any(_is_control(character) for character in value):
        raise ValidationError(_("Remove invisible characters."), code="invalid")
    if value and not any(map(_is_visible, value)):
        raise ValidationError(_("Enter some visible text."), code="invalid")


def check_names(value: str) -> None:
    """One a line. Raises Django's ``ValidationError``."""
    for line in value.splitlines():
        check_name(line)


def drop_controls(value: str) -> str:
    """Somebody else's text, as far as it can be seen."""
    return "".join(" " if character in "\r\n\t" else character for character in value if _is_kept(character))


def _is_kept(character: str) -> bool:
    return character in "\r\n\t" or not _is_control(character)


def _is_control(character: str) -> bool:
    # Cc: line ends and the like; Cf: what turns the direction of writing, or has no width; U+2028 and U+2029.
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in JOINERS


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in UNSEEN and character not in BLANK_LETTERS
