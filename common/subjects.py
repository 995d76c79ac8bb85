"""What a message, a change or a delivery is about."""

from typing import NamedTuple


class Subject(NamedTuple):
    """A row of an app above, by the name of its type and its key: no foreign key to what lies above."""

    type: str
    id: str
