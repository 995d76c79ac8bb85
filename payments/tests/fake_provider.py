"""A payment provider that remembers in memory what it was told to do."""

from decimal import Decimal
from typing import ClassVar

from payments.exceptions import PaymentUnavailable
from payments.models import Payment
from payments.providers import PaymentOutcome


class FakeProvider:
    """Tokens: ``good`` pays, ``bad`` is refused, ``lost`` pays, but the answer does not arrive."""

    name = "fake"
    moved: ClassVar[dict[str, Decimal]] = {}
    is_down: ClassVar[bool] = False

    def charge(self, amount: Decimal, currency: str, *, token: str, key: str) -> PaymentOutcome:
        self._require_up()
        if token != "bad":
            self.moved.setdefault(key, amount)
        if token == "lost":
            raise PaymentUnavailable
        return PaymentOutcome(token != "bad", f"charge-{key}")

    def refund(self, amount: Decimal, currency: str, *, reference: str, key: str) -> PaymentOutcome:
        self._require_up()
        self.moved.setdefault(key, -amount)
        return PaymentOutcome(True, f"refund-{key}")

    def lookup(self, charge: Payment) -> PaymentOutcome | None:
        self._require_up()
        key = str(charge.pk)
        return PaymentOutcome(True, f"found-{key}") if key in self.moved else None

    def _require_up(self) -> None:
        if type(self).is_down:
            raise PaymentUnavailable
