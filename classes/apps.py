from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClassesConfig(AppConfig):
    name = "classes"
    verbose_name = _("Classes")

    def ready(self) -> None:
        from classes import receivers
        from classes.configuration import RULES
        from classes.enums import PRODUCT
        from classes.error_codes import CODES
        from classes.extension import Seats
        from common.error_codes import register_codes
        from common.products import Product, products, role_rights
        from common.venues import Role, venue_parts
        from reservations.domain.extensions import register_extension

        products.register(
            PRODUCT, Product(_("Classes"), _("Sessions and retreats with teachers, seats and passes."))
        )
        role_rights.register(PRODUCT, {Role.STAFF: _("plan classes"), Role.FACILITATOR: _("lead classes")})
        register_codes(CODES)
        venue_parts.register(RULES.name, RULES)
        register_extension(PRODUCT, Seats())
        receivers.connect()
