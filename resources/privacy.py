from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts import privacy
from accounts.models import User
from accounts.privacy import Person, Traces
from resources.enums import Role
from resources.models import Resource, Venue, VenueMembership

CONFIGURATION = "Who changed a venue's configuration is the venue's record."


def venues_only_managed_by(user: User) -> list[Venue]:
    managers = VenueMembership.objects.filter(venue=OuterRef("pk"), role=Role.MANAGER, user__is_active=True)
    managed = Venue.objects.filter(Exists(managers.filter(user=user)), is_active=True)
    return list(managed.exclude(Exists(managers.exclude(user=user))))


class MembershipPart(privacy.Part):
    sections = {"venues": "Where one works", "led_resources": ""}
    covers = ("resources.VenueMembership.user", "resources.Venue.members", "resources.Resource.person")
    left_out = {
        "resources.HistoricalVenue.history_user": CONFIGURATION,
        "resources.HistoricalResource.history_user": CONFIGURATION,
        "resources.HistoricalBookingRules.history_user": CONFIGURATION,
        "resources.HistoricalCancellationPolicy.history_user": CONFIGURATION,
        "resources.HistoricalPriceRule.history_user": CONFIGURATION,
        "resources.HistoricalQuestion.history_user": CONFIGURATION,
        "resources.HistoricalResource.person": "Earlier states of what is exported as led_resources.",
    }

    def read(self, person: Person) -> dict[str, Any]:
        roles = VenueMembership.objects.filter(user=person.user).order_by("pk")
        led = Resource.objects.filter(person=person.user).order_by("pk")
        return {
            "venues": list(roles.values("venue__name", "role", "wants_notices", "created_at")),
            "led_resources": list(led.values("name", "venue__name")),
        }

    def obstacles(self, person: Person) -> list[str]:
        sentence = _("You are the only manager of %(venue)s. Give somebody else this role first.")
        return [sentence % {"venue": venue.name} for venue in venues_only_managed_by(person.user)]

    def losses(self, person: Person) -> list[str]:
        sentence = _("You no longer work at %(venue)s: your role there ends.")
        roles = VenueMembership.objects.filter(user=person.user).select_related("venue")
        return [sentence % {"venue": role.venue.name} for role in roles.order_by("venue__name")]

    def erase(self, person: Person, traces: Traces) -> None:
        VenueMembership.objects.filter(user=person.user).delete()
        Resource.objects.filter(person=person.user).update(person=None)
