"""The forms of the search's answers."""

from rest_framework import serializers

from reservations.api.shapes import FirstFree, FreeResource, Shape, amount, reason
from resources.api.serializers import GroupBriefSerializer

ONLY_IF_ASKED = "Only with `include_groups`"


class FreeGroup(Shape):
    """A group of which any member will do, with the starts at which one of them is free."""

    group = GroupBriefSerializer()
    time_zone = serializers.CharField()
    duration = serializers.IntegerField(help_text="Minutes")
    available = serializers.BooleanField()
    starts = serializers.ListField(child=serializers.DateTimeField())
    next_free = serializers.DateTimeField(allow_null=True, help_text="The first free start from that day on")
    price = serializers.CharField(
        allow_null=True, help_text="The cheapest member's, at the first start shown"
    )
    currency = serializers.CharField()
    reason = reason()
    message = serializers.CharField(allow_null=True)


class FreeResourcePage(Shape):
    """One page of the resources, and with it all groups that were asked for."""

    count = serializers.IntegerField(help_text="Entries on all pages")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FreeResource(many=True)
    groups = FreeGroup(many=True, required=False, help_text=ONLY_IF_ASKED)


class FirstFreeGroup(Shape):
    """The first time at which any member of a group is free."""

    group = GroupBriefSerializer()
    time_zone = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    duration = serializers.IntegerField(help_text="Minutes")
    price = amount("Of the cheapest member")
    currency = serializers.CharField()


class FirstFreeAnswer(Shape):
    """The earliest first; ``first`` is the earliest of all, null when nothing is free."""

    first = FirstFree(allow_null=True)
    results = FirstFree(many=True)
    groups = FirstFreeGroup(many=True, required=False, help_text=ONLY_IF_ASKED)
