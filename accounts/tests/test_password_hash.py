"""How passwords are kept: with the hashers of the settings, not with the fast one of other tests."""

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tests.api_helpers import NEW, post
from tests.factories import PASSWORD

CONFIGURED = django_settings.PASSWORD_HASHERS
"""Read before the fixture of the whole suite sets a cheap one."""


@pytest.mark.django_db
def test_a_password_is_kept_as_an_argon2_hash(client: Client, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = CONFIGURED

    assert post(client, "register", NEW).status_code == 201

    user = User.objects.get()
    assert user.password.startswith("argon2$argon2id$")
    assert PASSWORD not in user.password
    assert post(Client(), "login", {"email": user.email, "password": PASSWORD}).status_code == 200
