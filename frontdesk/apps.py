from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FrontdeskConfig(AppConfig):
    name = "frontdesk"
    verbose_name = _("Front desk")

    def ready(self) -> None:
        from frontdesk.stranded import affected_by
        from resources.hooks import affected_by_change

        affected_by_change.append(affected_by)
