import uuid

import uuid6


def uuid7() -> uuid.UUID:
    """A key that sorts by when it was made. It tells that moment, so it is no secret."""
    # New rows lie together in every index, and need not be scattered over all its pages.
    return uuid.UUID(int=uuid6.uuid7().int)
