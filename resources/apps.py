from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResourcesConfig(AppConfig):
    name = "resources"
    verbose_name = _("Places and rules")

    def ready(self) -> None:
        from accounts import erasure, personal_data
        from accounts.api.profile import profile_parts
        from resources import leaving, receivers
        from resources.api.profile import PART

        receivers.connect()
        profile_parts.append(PART)
        personal_data.parts.append(leaving.PART)
        erasure.parts.append(leaving.MembershipPart())
