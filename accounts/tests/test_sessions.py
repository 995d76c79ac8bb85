from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.services import sessions
from accounts.services.sessions import forget_sessions
from common.clock import now
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def sign_in() -> str:
    client = Client()
    address = make_user().email
    client.post("/accounts/login/", {"login": address, "password": PASSWORD})
    return str(client.session.session_key)


def test_sessions_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_AT_ONCE", 2)
    over, alive = [sign_in() for _each in range(3)], sign_in()
    assert UserSession.objects.count() == 4
    Session.objects.filter(pk__in=over).update(expire_date=now() - timedelta(seconds=1))

    assert [forget_sessions(now=now()) for _turn in range(3)] == [2, 1, 0]

    assert [row.pk for row in Session.objects.all()] == [alive]
    assert [row.session_key for row in UserSession.objects.all()] == [alive]
