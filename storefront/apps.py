from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorefrontConfig(AppConfig):
    name = "storefront"

    def ready(self) -> None:
        from common.menu import MenuEntry, menu_entries
        from storefront.waitlist import offers

        entry = MenuEntry(
            view="my-waitlist",
            icon="hourglass",
            label=_("Waitlist"),
            title=_("My waitlist"),
            hint=_("Your waitlists"),
            pages=("my-waitlist", "waitlist-*"),
        )
        menu_entries.register("waitlist", entry)
        offers.register()
