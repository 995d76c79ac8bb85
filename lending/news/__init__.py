from lending.news import live, webhooks
from live.kinds import kinds


def register() -> None:
    kinds.register(live.KIND, live.LoanKind())
    webhooks.register_events()
