from resources.models.hours import AvailabilityOverride, Holiday, OpeningHours
from resources.models.offered import OfferedProduct
from resources.models.questions import Question
from resources.models.resource import Feature, Resource, ResourceGroup, ResourceGroupMember, ResourcePart
from resources.models.rules import BookingRules, CancellationPolicy, CancellationTier, PriceRule
from resources.models.team import TeamInvitation
from resources.models.venue import BelongsToVenue, ConfigurationStamp, Venue, VenueMembership

__all__ = [
    "AvailabilityOverride",
    "BelongsToVenue",
    "BookingRules",
    "CancellationPolicy",
    "CancellationTier",
    "ConfigurationStamp",
    "Feature",
    "Holiday",
    "OfferedProduct",
    "OpeningHours",
    "PriceRule",
    "Question",
    "Resource",
    "ResourceGroup",
    "ResourceGroupMember",
    "ResourcePart",
    "TeamInvitation",
    "Venue",
    "VenueMembership",
]
