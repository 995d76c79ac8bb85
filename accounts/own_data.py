"""The account's own part of what is stored about a person."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import Model

from accounts.api.profile import profile_json
from accounts.models import ApiKey
from accounts.personal_data import Part, Person
from common.models import Job

SHOWN: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "email_addresses": (EmailAddress, ("email", "verified", "primary")),
    "api_keys": (
        ApiKey,
        ("name", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"),
    ),
    "devices": (UserSession, ("ip", "user_agent", "created_at", "last_seen_at")),
    "connected_accounts": (
        SocialAccount,
        ("provider", "uid", "extra_data", "date_joined", "last_login"),
    ),
    "second_factors": (Authenticator, ("type", "created_at", "last_used_at")),
    "delayed_requests": (Job, ("path", "status", "created_at", "finished_at")),
}
"""Section of the document -> rows of the account, and their columns that are no secret."""


def read(person: Person) -> dict[str, Any]:
    user = person.user
    found: dict[str, Any] = {"account": profile_json(user) | {"last_sign_in": user.last_login}}
    for section, (model, columns) in SHOWN.items():
        found[section] = list(model._default_manager.filter(user=user).order_by("pk").values(*columns))
    return found


PART = Part(
    read,
    covers=tuple(f"{model._meta.label}.user" for model, _columns in SHOWN.values()),
    left_out={
        "admin.LogEntry.user": "What staff did in the admin is the venues' record.",
        "accounts.User_groups.user": "Django's groups are not used.",
        "accounts.User_user_permissions.user": "Django's permissions are not used.",
    },
)
