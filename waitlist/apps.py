from django.apps import AppConfig


class WaitlistConfig(AppConfig):
    name = "waitlist"

    def ready(self) -> None:
        from common import ticking
        from waitlist import receivers

        receivers.connect()
        ticking.parts.append(receivers.tick)
