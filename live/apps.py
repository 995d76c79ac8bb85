from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "live"

    def ready(self) -> None:
        from common import ticking
        from live.noting import tick

        ticking.parts.append(tick)
