from rest_framework import serializers

from common.api_views import StrictSerializer
from lending.api.inputs import WishInput, read_wish
from lending.reservia.finding import ThingField

__all__ = ["AskInput", "NamedInput", "ReleaseInput", "read_wish"]


class NamedInput(StrictSerializer):
    resource_id = ThingField()


class AskInput(WishInput):
    resource_id = ThingField()


class ReleaseInput(StrictSerializer):
    resource_id = ThingField()
    user_id = serializers.UUIDField(required=False, help_text="For staff: who had it")
