from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

MOST_AT_ONCE = 10_000


def forget_sessions(*, now: datetime) -> int:
    """Delete those that are over, which Django leaves lying, and what is known of where they were opened."""
    over = Session.objects.filter(expire_date__lt=now).order_by("expire_date")
    keys = list(over.values_list("pk", flat=True)[:MOST_AT_ONCE])
    UserSession.objects.filter(session_key__in=keys).delete()
    return Session.objects.filter(pk__in=keys, expire_date__lt=now).delete()[0]
