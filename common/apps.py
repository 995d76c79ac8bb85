from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        from common import own_jobs
        from common.error_codes import CODES, register_codes
        from common.root_urls import root_urls

        register_codes(CODES)
        root_urls.register("health", "common.health")
        own_jobs.register()
