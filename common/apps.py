from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        from common import jobs, ticking

        ticking.parts.append(jobs.tick)
