from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ReservationsConfig(AppConfig):
    name = "reservations"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        from accounts import erasure, personal_data
        from accounts.api.profile import profile_parts
        from common import ticking
        from reservations import guard, personal
        from reservations.affected import affected_by
        from reservations.api.profile import PART
        from reservations.ticking import tick
        from resources.hooks import affected_by_change

        profile_parts.append(PART)
        personal_data.parts.append(personal.PART)
        erasure.parts.append(personal.ReservationsPart())
        affected_by_change.append(affected_by)
        ticking.parts.append(tick)
        pre_migrate.connect(guard.before_migrate, sender=self)
        post_migrate.connect(guard.after_migrate, sender=self)
