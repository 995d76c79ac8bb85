from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ReservationsConfig(AppConfig):
    name = "reservations"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.api import profile
        from common.error_codes import register_codes
        from common.visitors import SECRET_HEADERS
        from payments.subjects import charge_settlers
        from reservations import guard, periodic, receivers
        from reservations.api.profile import PART
        from reservations.enums import SUBJECT
        from reservations.error_codes import CODES
        from reservations.privacy import ReservationsPart
        from reservations.scopes import facilitator_scopes, is_booked_with
        from reservations.selectors import has_priced_bookings
        from reservations.services.deposits import settle_deposit
        from resources.models.checks import KeptAmounts, kept_amounts

        SECRET_HEADERS.register("reservations", "X-Reservation-Token")
        register_codes(CODES)
        receivers.connect()
        facilitator_scopes.register("booked_with", is_booked_with)
        profile.parts.register("reservations", PART)
        privacy.parts.register("reservations", ReservationsPart())
        periodic.register()
        charge_settlers.register(SUBJECT, settle_deposit)
        kept_amounts.register("reservations", KeptAmounts(_("bookings with a price"), has_priced_bookings))
        pre_migrate.connect(guard.before_migrate, sender=self)
        post_migrate.connect(guard.after_migrate, sender=self)
