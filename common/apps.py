from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        from common import own_jobs
        from common.error_codes import CODES, register_codes

        register_codes(CODES)
        own_jobs.register()
