from django.apps import AppConfig


class FrontdeskConfig(AppConfig):
    name = "frontdesk"

    def ready(self) -> None:
        from frontdesk.stranded import list_stranded_bookings
        from resources.hooks import affected_by_change

        affected_by_change.append(list_stranded_bookings)
