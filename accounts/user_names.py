"""User names made of people's names: John Doe is ``john.doe``, and signs in as "John Doe", too."""

import re
import unicodedata

from common.names import BLANK_LETTERS

LONGEST = 140
"""Leaves room for a number in the column."""


def to_user_name(name: str) -> str:
    """Letters and digits of any script, in lower case, words joined by dots; empty where nothing is left.

    Marks without a letter of their own are dropped, as no user name may hold them. An address becomes none.
    """
    if "@" in name:
        return ""
    # Twice: what is folded may be decomposed, such as the Turkish capital I.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    words = ("".join(filter(_is_kept, word)).strip(".+-_") for word in folded.split())
    return re.sub(r"\.{2,}", ".", ".".join(filter(None, words)))[:LONGEST].strip(".+-_")


def _is_kept(character: str) -> bool:
    return (character.isalnum() or character in ".+-_") and character not in BLANK_LETTERS
