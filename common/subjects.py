from typing import NamedTuple


class Subject(NamedTuple):
    """A row of any app by type and key, such as what a message is about; no foreign key upwards."""

    type: str
    id: str
