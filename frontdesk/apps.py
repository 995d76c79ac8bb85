from django.apps import AppConfig


class FrontdeskConfig(AppConfig):
    name = "frontdesk"

    def ready(self) -> None:
        from resources.hooks import affected_by_change

        from frontdesk.stranded import list_stranded_bookings

        affected_by_change.append(list_stranded_bookings)
