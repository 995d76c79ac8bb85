import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FEWEST = 4
UNSEEN = ("Z", "C")
"""First letters of Unicode's categories: separators such as blanks; control and format characters."""


class VariedPassword:
    """Blanks, invisible characters, and one letter over and over are quickly tried."""

    def validate(self, password: str, user: Any = None) -> None:
        visible = {letter for letter in password if unicodedata.category(letter)[0] not in UNSEEN}
        if len(visible) < FEWEST:
            raise ValidationError(self.get_help_text())

    def get_help_text(self) -> str:
        return _("Use at least %(count)d different characters.") % {"count": FEWEST}
