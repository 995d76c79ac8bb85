from typing import Any

from rest_framework import serializers

from accounts.api.profile import ProfilePart
from accounts.models import User
from common.clock import now
from common.serializing import Shape
from lending.selectors import loan_counts


class LoansPartSerializer(Shape):
    loans_out = serializers.IntegerField(help_text="Things that you have, or may fetch")
    loans_waiting = serializers.IntegerField(help_text="Queues that you are in")
    loans_overdue = serializers.IntegerField(help_text="Of those that you have")


def loans_of(user: User) -> Any:
    return loan_counts(user.pk, now())


PART = ProfilePart(LoansPartSerializer, loans_of)
