from django.apps import AppConfig


class FrontdeskConfig(AppConfig):
    name = "frontdesk"

    def ready(self) -> None:
        from frontdesk.stranded import list_stranded_bookings
        from resources.stranding import stranded_listers

        stranded_listers.register("frontdesk", list_stranded_bookings)
