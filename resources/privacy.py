from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import privacy
from accounts.models import User
from accounts.privacy import Person, Traces
from common.subjects import Subject
from resources.enums import Role
from resources.models import Resource, TeamInvitation, Venue, VenueMembership
from resources.stamps import resource_keys, touch
from resources.team_messages import SUBJECT

CONFIGURATION = "Who changed a venue's configuration is the venue's record."


def venues_only_managed_by(user: User) -> list[Venue]:
    managers = VenueMembership.objects.filter(venue=OuterRef("pk"), role=Role.MANAGER, user__is_active=True)
    managed = Venue.objects.filter(Exists(managers.filter(user=user)), is_active=True)
    return list(managed.exclude(Exists(managers.exclude(user=user))))


def invitations_of(person: Person) -> QuerySet[TeamInvitation]:
    # An address that is not proven may be somebody else's, and so are its invitations.
    by_address = Q(email=person.email) if person.email else Q(pk=None)
    rows = TeamInvitation.objects.filter(by_address | Q(accepted_by=person.user))
    if person.venue_id:
        rows = rows.filter(venue=person.venue_id)
    return rows.order_by("created_at")


class MembershipPart(privacy.Part):
    sections = {
        "venues": "Where one works",
        "led_resources": "",
        "team_invitations": "To work somewhere, accepted or not",
    }
    covers = (
        "resources.TeamInvitation.accepted_by",
        "resources.VenueMembership.user",
        "resources.Venue.members",
        "resources.Resource.person",
    )
    left_out = {
        "resources.TeamInvitation.invited_by": "Who invited others is the venue's record.",
        "resources.HistoricalVenue.history_user": CONFIGURATION,
        "resources.HistoricalResource.history_user": CONFIGURATION,
        "resources.HistoricalBookingRules.history_user": CONFIGURATION,
        "resources.HistoricalCancellationPolicy.history_user": CONFIGURATION,
        "resources.HistoricalPriceRule.history_user": CONFIGURATION,
        "resources.HistoricalQuestion.history_user": CONFIGURATION,
        "resources.HistoricalOfferedProduct.history_user": CONFIGURATION,
        "resources.HistoricalResource.person": "Earlier states of what is exported as led_resources.",
    }

    def read(self, person: Person) -> dict[str, Any]:
        roles = VenueMembership.objects.filter(user=person.user).order_by("pk")
        led = Resource.objects.filter(person=person.user).order_by("pk")
        return {
            "venues": list(roles.values("venue__name", "role", "wants_notices", "created_at")),
            "led_resources": list(led.values("name", "venue__name")),
            "team_invitations": list(
                invitations_of(person).values("venue__name", "email", "role", "created_at", "accepted_at")
            ),
        }

    def subjects(self, person: Person) -> list[Subject]:
        return [Subject(SUBJECT, str(pk)) for pk in invitations_of(person).values_list("pk", flat=True)]

    def obstacles(self, person: Person) -> list[str]:
        sentence = _("You're the only manager of %(venue)s. Give someone else this role first.")
        return [sentence % {"venue": venue.name} for venue in venues_only_managed_by(person.user)]

    def losses(self, person: Person) -> list[str]:
        sentence = _("You'll lose your role at %(venue)s.")
        roles = VenueMembership.objects.filter(user=person.user).select_related("venue")
        return [sentence % {"venue": role.venue.name} for role in roles.order_by("venue__name")]

    def erase(self, person: Person, traces: Traces) -> None:
        VenueMembership.objects.filter(user=person.user).delete()
        invitations_of(person).delete()
        led = Resource.objects.filter(person=person.user)
        led_at = list(led.values_list("venue_id", "pk"))
        led.update(person=None)
        for venue_id, resource_id in led_at:
            touch([venue_id], resource_keys([resource_id]))
