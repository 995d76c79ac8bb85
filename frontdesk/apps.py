from django.apps import AppConfig


class FrontdeskConfig(AppConfig):
    name = "frontdesk"

    def ready(self) -> None:
        from frontdesk.stranded import list_stranded_bookings
        from resources.stranding import tellers

        tellers.register("frontdesk", list_stranded_bookings)
