from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResourcesConfig(AppConfig):
    name = "resources"
    verbose_name = _("Places and rules")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.api import profile
        from common.error_codes import register_codes
        from common.venues import directories, venue_parts
        from resources import news, old_pictures, periodic, receivers, rights, team_log, team_messages
        from resources.api.profile import PART
        from resources.directory import VenueDirectory
        from resources.error_codes import CODES
        from resources.models.checks import KeptAmounts, kept_amounts
        from resources.privacy import MembershipPart
        from resources.products import OFFERED
        from resources.selectors import has_prices
        from resources.team import TEAM

        register_codes(CODES)
        receivers.connect()
        news.connect()
        old_pictures.connect()
        periodic.register()
        rights.register()
        team_log.connect()
        team_messages.register()
        directories.register("resources", VenueDirectory())
        venue_parts.register(TEAM.name, TEAM)
        venue_parts.register(OFFERED.name, OFFERED)
        kept_amounts.register("resources", KeptAmounts(_("prices and fees"), has_prices))
        profile.parts.register("resources", PART)
        privacy.parts.register("resources", MembershipPart())
