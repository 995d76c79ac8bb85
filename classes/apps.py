from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClassesConfig(AppConfig):
    name = "classes"
    verbose_name = _("Classes")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.api import profile
        from accounts.registration import registration_parts
        from classes import feeds, news, pages, periodic, receivers
        from classes.api.registration import PROFILE, REGISTRATION
        from classes.configuration import RULES
        from classes.enums import PASS_SUBJECT, PRODUCT
        from classes.error_codes import CODES
        from classes.extension import Seats
        from classes.finding import check_pool
        from classes.history import PART
        from classes.lists import has_class_prices
        from classes.messages import kinds
        from classes.messages.leading import find_roster, is_called_off, name_leader
        from classes.models import Facilitator
        from classes.offer_choice import TierChoice
        from classes.parts import read_instalments
        from classes.permissions import led_reservations
        from classes.privacy import ClassesPart
        from classes.services.passes import settle_pass
        from classes.whereabouts import find_session_page, find_studio
        from common.bodies import forms_with_files
        from common.error_codes import register_codes
        from common.products import Product, products, role_rights
        from common.venues import Role, venue_parts
        from payments.subjects import charge_settlers
        from reservations.domain.extensions import register_extension
        from reservations.domain.parts import part_readers
        from reservations.domain.whereabouts import page_finders, place_finders
        from reservations.messages.values import leader_namers, leader_pages, off_tellers
        from reservations.retention import history_parts
        from reservations.scopes import facilitator_scopes
        from resources.models.checks import KeptAmounts, kept_amounts, resource_checks
        from resources.old_pictures import watch_pictures
        from waitlist.choices import offer_choices

        products.register(
            PRODUCT, Product(_("Classes"), _("Sessions and retreats with teachers, seats and passes."))
        )
        role_rights.register(PRODUCT, {Role.STAFF: _("plan classes"), Role.FACILITATOR: _("lead classes")})
        register_codes(CODES)
        venue_parts.register(RULES.name, RULES)
        register_extension(PRODUCT, Seats())
        place_finders.register(PRODUCT, find_studio)
        page_finders.register(PRODUCT, find_session_page)
        part_readers.register(PRODUCT, read_instalments)
        resource_checks.register(PRODUCT, check_pool)
        offer_choices.register(PRODUCT, TierChoice())
        kept_amounts.register(PRODUCT, KeptAmounts(_("classes, passes and pay"), has_class_prices))
        watch_pictures(Facilitator, "photo")
        forms_with_files.register("/teach/profile/", "classes/teach/profile.html")
        facilitator_scopes.register(PRODUCT, led_reservations)
        registration_parts.register(PRODUCT, REGISTRATION)
        profile.parts.register(PRODUCT, PROFILE)
        charge_settlers.register(PASS_SUBJECT, settle_pass)
        kinds.register()
        leader_namers.register(PRODUCT, name_leader)
        leader_pages.register(PRODUCT, find_roster)
        off_tellers.register(PRODUCT, is_called_off)
        news.register()
        feeds.register()
        pages.register()
        periodic.register()
        privacy.parts.register(PRODUCT, ClassesPart())
        history_parts.register(PRODUCT, PART)
        receivers.connect()
