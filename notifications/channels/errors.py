"""What a channel says when a message cannot be handed over."""


class Refused(Exception):
    """It will not be taken, however often it is tried; ``is_address``: because of where it goes.

    Any other exception means: perhaps later.
    """

    def __init__(self, reason: str, *, is_address: bool = False) -> None:
        super().__init__(reason[:500])
        self.is_address = is_address
