class MessageRefused(Exception):
    """Will never be taken; ``is_address``: because of where it goes. Other exceptions mean "try later"."""

    def __init__(self, reason: str, *, is_address: bool = False) -> None:
        super().__init__(reason[:500])
        self.is_address = is_address
