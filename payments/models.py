"""The ledger: a bill for each thing that is paid for, and its charges and refunds."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.keys import uuid7
from common.templatetags.holdfast import money
from payments.enums import PaymentKind, PaymentStatus
from resources.models import BelongsToVenue, Venue

Q_ = models.Q


class Bill(models.Model):
    """Made with the first payment; its subject may be a row of any app above."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, related_name="bills", db_index=False, verbose_name=_("venue")
    )
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    currency = models.CharField(_("currency"), max_length=3)
    created_at = models.DateTimeField(_("at"))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("venue", "subject_type", "subject_id"), name="bill_once_per_subject"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}"


class Payment(BelongsToVenue):
    """One line of a bill; amounts are positive, ``kind`` gives the direction."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="payments", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=PaymentKind.choices)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3)
    provider = models.CharField(_("provider"), max_length=30, default="manual")
    provider_reference = models.CharField(_("reference"), max_length=200, blank=True)
    of_reference = models.CharField(
        _("refund of"), max_length=200, blank=True, help_text=_("The reference of the charge.")
    )
    status = models.CharField(_("status"), max_length=10, choices=PaymentStatus.choices)
    # A charge that the customer pays on the provider's own page: its name there, and its address until then.
    is_hosted = models.BooleanField(default=False)
    checkout_reference = models.CharField(max_length=200, blank=True)
    checkout_url = models.TextField(blank=True)
    looked_up_at = models.DateTimeField(null=True, blank=True)  # and was not decided yet
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by whom"),
    )
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q_(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(condition=Q_(kind__in=PaymentKind.values), name="payment_kind_known"),
            models.CheckConstraint(
                condition=Q_(status__in=PaymentStatus.values), name="payment_status_known"
            ),
            models.UniqueConstraint(
                fields=("venue", "provider", "provider_reference"),
                condition=~Q_(provider_reference=""),
                name="payment_reference_once",
            ),
        )
        indexes = (
            models.Index(fields=("venue", "created_at", "id"), name="payment_by_venue"),
            models.Index(fields=("bill", "created_at", "id"), name="payment_by_bill"),
            models.Index(
                fields=("created_at",),
                name="payment_under_way",
                condition=Q_(status=PaymentStatus.PENDING),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {money(self.amount, self.currency)}"
