from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ReservationsConfig(AppConfig):
    name = "reservations"

    def ready(self) -> None:
        from accounts.api.profile import profile_parts
        from reservations import guard
        from reservations.api.profile import PART

        profile_parts.append(PART)
        pre_migrate.connect(guard.before_migrate, sender=self)
        post_migrate.connect(guard.after_migrate, sender=self)
