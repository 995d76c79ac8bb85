from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class LendingConfig(AppConfig):
    name = "lending"
    verbose_name = _("Lending")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.api import profile
        from common.error_codes import register_codes
        from common.products import Product, products, role_rights
        from common.root_urls import root_urls
        from common.venues import Role, venue_parts
        from lending import feeds, guard, news, pages, periodic, receivers
        from lending.api.profile import PART as FIGURES
        from lending.enums import PRODUCT
        from lending.error_codes import CODES
        from lending.history import PART
        from lending.messages import kinds
        from lending.only import OnlyLent
        from lending.privacy import LendingPart
        from lending.selectors import has_values
        from lending.terms import LENT
        from reservations.domain.extensions import register_extension
        from reservations.retention import history_parts
        from resources.models.checks import KeptAmounts, kept_amounts

        products.register(
            PRODUCT,
            Product(
                _("Lending"),
                _("People borrow things and bring them back; queues move by themselves."),
                _("You can borrow this, but not book it."),
            ),
        )
        role_rights.register(PRODUCT, {Role.STAFF: _("lend things")})
        register_codes(CODES)
        register_extension(PRODUCT, OnlyLent())
        venue_parts.register(LENT.name, LENT)
        root_urls.register(PRODUCT, "lending.root_urls")
        profile.parts.register(PRODUCT, FIGURES)
        kept_amounts.register(PRODUCT, KeptAmounts(_("values of things to lend"), has_values))
        kinds.register()
        news.register()
        feeds.register()
        receivers.connect()
        pages.register()
        periodic.register()
        privacy.parts.register(PRODUCT, LendingPart())
        history_parts.register(PRODUCT, PART)
        pre_migrate.connect(guard.before_migrate, sender=self)
        post_migrate.connect(guard.after_migrate, sender=self)
