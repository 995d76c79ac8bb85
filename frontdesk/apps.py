from django.apps import AppConfig


class FrontdeskConfig(AppConfig):
    name = "frontdesk"

    def ready(self) -> None:
        from frontdesk.stranded import list_stranded_bookings, settle_stranded_bookings
        from resources.stranding import stranded_listers, stranded_settlers

        stranded_listers.register("frontdesk", list_stranded_bookings)
        stranded_settlers.register("frontdesk", settle_stranded_bookings)
