from classes.enums import PRODUCT
from classes.news import live, webhooks
from reservations.news.live import leader_finders


def register() -> None:
    leader_finders.register(PRODUCT, live.find_leaders)
    webhooks.register()
