from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "live"

    def ready(self) -> None:
        from common.error_codes import register_codes
        from live import periodic
        from live.error_codes import CODES

        register_codes(CODES)
        periodic.register()
