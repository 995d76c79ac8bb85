import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField
from timezone_field import TimeZoneField

from accounts.user_names import to_user_name
from common.addresses import normal_email
from common.clock import now
from common.names import check_name
from common.prefixes import PATTERN, ByBeginning, index_any_case

SCOPES = ("read", "book", "manage", "plan")
"""What an API key can be given; none includes another, and no key reaches the account itself."""
POWERFUL = {"manage", "plan"}
"""Scopes that change what others see, or write to many people."""
USERNAME = RegexValidator(r"^[\w.+-]+\Z", _("Use only letters, digits and . + - _ (not an email address)."))
LONGEST_NOTICE = 168  # hours


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("An account needs an email address.")
        user = self.model(email=normal_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def with_login(self, login: str) -> "User | None":
        """The account with this email address or user name, in any case, or with one made of this name."""
        login = login.strip()
        by_email = self.filter(email=normal_email(login)).first()
        by_name = by_email or self.filter(username__iexact=login).first()
        if by_name is None and (made := to_user_name(login)):
            return self.filter(username__iexact=made).first()
        return by_name

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normal_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email address"), unique=True)
    username = models.CharField(
        _("user name"), max_length=150, unique=True, null=True, blank=True, validators=[USERNAME, check_name]
    )
    first_name = models.CharField(_("first name"), max_length=150, blank=True, validators=[check_name])
    last_name = models.CharField(_("last name"), max_length=150, blank=True, validators=[check_name])
    phone = PhoneNumberField(_("phone"), blank=True)
    time_zone = TimeZoneField(
        _("time zone"), blank=True, default="", help_text=_("Leave empty to use the venue's time zone.")
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    wants_reminders = models.BooleanField(_("reminders"), default=True)
    reminder_hours = models.PositiveSmallIntegerField(
        _("hours of notice"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_NOTICE)],
        help_text=_("When to send reminders, in hours before the booking."),
    )
    wants_sms = models.BooleanField(
        _("text messages"), default=False, help_text=_("Urgent messages only, to the phone number above.")
    )
    wants_newsletter = models.BooleanField(_("newsletter"), default=False)
    is_staff = models.BooleanField(
        _("staff"),
        default=False,
        help_text=_("Can open the admin. Their venue roles decide what they see there."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ("email",)
        constraints = (
            models.UniqueConstraint(ByBeginning(Lower("email")), name="user_email_any_case"),
            models.UniqueConstraint(ByBeginning(Lower("username")), name="user_username_any_case"),
            models.CheckConstraint(
                condition=~models.Q(username__contains="@"), name="user_username_is_no_email"
            ),
            models.CheckConstraint(
                condition=models.Q(reminder_hours__gte=1, reminder_hours__lte=LONGEST_NOTICE),
                name="user_reminder_within_a_week",
            ),
        )
        indexes = (
            index_any_case("first_name", "user_by_first_name"),
            index_any_case("last_name", "user_by_last_name"),
            models.Index(fields=("phone",), name="user_by_phone", opclasses=(PATTERN,)),
        )

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def clean(self) -> None:
        super().clean()
        self.email = normal_email(self.email)
        self.username = self.username or None

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.email


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def alive(self, at: datetime) -> Self:
        """Neither revoked nor expired, of accounts that are open."""
        unexpired = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=at)
        return self.filter(unexpired, revoked_at__isnull=True, user__is_active=True)


class ApiKey(models.Model):
    """A program's way to sign in; the secret itself is not kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("account")
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    prefix = models.CharField(_("prefix"), max_length=20, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the whole key.")
    scopes = models.JSONField(_("rights"), default=list)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return f"{self.name} (hf_{self.prefix})"

    @property
    def is_alive(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now())


class SecurityEventKind(models.TextChoices):
    SIGNED_IN = "signed_in", _("Signed in")
    REFUSED = "refused", _("Sign-in refused")
    SIGNED_OUT = "signed_out", _("Signed out")
    SESSION_ENDED = "session_ended", _("Session ended: token used twice")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    EMAIL_CHANGED = "email_changed", _("Email address changed")
    FACTOR_ADDED = "factor_added", _("Two-step verification added")
    FACTOR_REMOVED = "factor_removed", _("Two-step verification removed")
    KEY_MADE = "key_made", _("API key created")
    KEY_REVOKED = "key_revoked", _("API key revoked")
    ACCESS_CHANGED = "access_changed", _("Access changed")
    ROLE_CHANGED = "role_changed", _("Role at a venue changed")


class SecurityEvent(models.Model):
    """Written by ``accounts.security_log`` alone."""

    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("what"), max_length=20, choices=SecurityEventKind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        db_index=False,
        null=True,
        related_name="+",
        verbose_name=_("account"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    details = models.CharField(_("details"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security log")
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=("at",), name="security_event_by_age"),
            models.Index(fields=("user", "at"), name="security_event_by_user"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
