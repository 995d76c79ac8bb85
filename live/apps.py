from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "live"

    def ready(self) -> None:
        from common import ticking
        from live import receivers

        receivers.connect()
        ticking.parts.append(receivers.tick)
