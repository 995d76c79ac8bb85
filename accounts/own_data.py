"""The account's own part of what is stored about a person."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from accounts import privacy
from accounts.api.profile import OwnPartSerializer
from accounts.models import ApiKey, SecurityEvent, User
from accounts.privacy import Person, Traces
from accounts.tokens import end_sessions
from common.files.storing import forget_files_of
from common.models import Job, StoredAnswer, StoredFile

NOBODY = "deleted.invalid"
"""Domain of closed accounts' addresses: nothing is ever sent there."""
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
    "security_events": (SecurityEvent, ("at", "kind", "address", "details")),
    "delayed_requests": (Job, ("path", "status", "created_at", "finished_at")),
    "files": (StoredFile, ("id", "name", "media_type", "size", "sha256", "created_at")),
}
"""Section of the document -> rows of the account, and their columns that are no secret."""


class AccountPart(privacy.Part):
    sections = {
        "account": "",
        "email_addresses": "",
        "api_keys": "Without their secrets",
        "devices": "",
        "connected_accounts": "",
        "second_factors": "",
        "security_events": "Sign-ins, refusals, changes of passwords, keys and rights",
        "delayed_requests": "",
        "files": "That the account has stored; each at `/files/<id>/`",
    }
    covers = tuple(f"{model._meta.label}.user" for model, _columns in SHOWN.values())
    left_out = {
        "accounts.SecurityEvent.actor": "What administrators did to others is the installation's record.",
        "admin.LogEntry.user": "What staff did in the admin is the venues' record.",
        "accounts.User_groups.user": "Django's groups are not used.",
        "accounts.User_user_permissions.user": "Django's permissions are not used.",
    }

    def read(self, person: Person) -> dict[str, Any]:
        user = person.account
        if user is None:
            return {}
        shown = OwnPartSerializer(user).data
        document: dict[str, Any] = {"account": {**shown, "last_sign_in": user.last_login}}
        for section, (model, columns) in SHOWN.items():
            document[section] = list(model._default_manager.filter(user=user).order_by("pk").values(*columns))
        return document

    def obstacles(self, person: Person) -> list[str]:
        other_administrators = User.objects.filter(is_superuser=True, is_active=True).exclude(
            pk=person.user.pk
        )
        if person.user.is_superuser and not other_administrators.exists():
            return [_("You're the only administrator. Give someone else this role first.")]
        return []

    def losses(self, person: Person) -> list[str]:
        if ApiKey.objects.filter(user=person.user, revoked_at=None).exists():
            return [_("Your API keys are revoked. Programs that use them stop working.")]
        return []

    def erase(self, person: Person, traces: Traces) -> None:
        user = person.account
        if person.venue_id is None:
            _erase_from_log(person)
        if user is None:
            return
        end_sessions(user)
        ApiKey.objects.filter(user=user).delete()
        Job.objects.filter(user=user).delete()
        forget_files_of(user.pk)
        for model in (Authenticator, SocialAccount, EmailAddress):
            model.objects.filter(user=user).delete()
        StoredAnswer.objects.filter(scope__endswith=str(user.pk)).delete()
        _anonymize(user)
        SecurityEvent.objects.filter(user=user).update(address=None, details="")


def _erase_from_log(person: Person) -> None:
    # The log stays, without the texts that name the person.
    mentions = Q(pk__in=())
    for word in person.words:
        mentions |= Q(object_repr__icontains=word) | Q(change_message__icontains=word)
    LogEntry.objects.filter(mentions).update(object_repr="", change_message="")


def _anonymize(user: User) -> None:
    # The row stays: others point to its id.
    user.groups.clear()
    user.user_permissions.clear()
    user.email = nobodys_address(user.pk)
    user.username = user.last_login = None
    user.first_name = user.last_name = user.phone = user.time_zone = user.language = ""
    user.wants_reminders = user.wants_sms = user.wants_newsletter = False
    user.is_staff = user.is_superuser = user.is_active = False
    user.set_unusable_password()
    user.save()


def nobodys_address(user_id: UUID) -> str:
    return f"{user_id}@{NOBODY}"
