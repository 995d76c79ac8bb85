from typing import Any

from rest_framework import serializers

from accounts.api.profile import ProfilePart
from accounts.models import User
from calendars.links import feed_url
from calendars.services import ensure_customer_feed
from common.serializing import Shape


class FeedPartSerializer(Shape):
    feed_url = serializers.CharField(
        allow_null=True, help_text="iCal address of one's bookings, a secret; null once it was revoked"
    )


def feed_of(user: User) -> dict[str, Any]:
    feed = ensure_customer_feed(user)
    return {"feed_url": feed_url(feed) if feed else None}


PART = ProfilePart(FeedPartSerializer, feed_of)
