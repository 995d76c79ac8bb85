"""Primary keys of tables that grow."""

import uuid

import uuid6


def uuid7() -> uuid.UUID:
    """A key that sorts by when it was made, so that new rows lie together in every index.

    It tells its moment of birth: whatever has to stay unknown needs a secret of its own.
    """
    return uuid.UUID(int=uuid6.uuid7().int)
