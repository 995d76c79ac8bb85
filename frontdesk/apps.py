from django.apps import AppConfig


class FrontdeskConfig(AppConfig):
    name = "frontdesk"

    def ready(self) -> None:
        from frontdesk.stranded import affected_by
        from resources.hooks import affected_by_change

        affected_by_change.append(affected_by)
