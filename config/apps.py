import gc

from django.contrib.admin.apps import AdminConfig


class HoldfastAdminConfig(AdminConfig):
    default_site = "config.admin.HoldfastAdminSite"

    def ready(self) -> None:
        super().ready()  # loads nearly all that is loaded at the start
        gc.freeze()
        gc.enable()
