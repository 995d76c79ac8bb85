"""What is lent in the world of the permission table."""

from datetime import timedelta
from functools import cached_property
from typing import Any

from common.clock import now
from lending.models import Copy, LendingRules, Loan
from lending.services import add_copy, approve_loan, hand_out, mark_lost
from lending.tests.helpers import ask, lend_out, make_lending_rules
from reservations.domain.values import Actor
from resources.models import Resource
from resources.services.products import offer_products
from tests.factories import make_resource
from tests.permissions.people import People


class LentThings(People):
    @cached_property
    def lending_rules(self) -> LendingRules:
        """Nothing is lent by them."""
        return make_lending_rules(self.venue, name="Secret lending rules")

    @cached_property
    def staff_lend(self) -> LendingRules:
        """Staff approve; there is a time to fetch it, to keep one's place, and to bring it back."""
        times = {"pickup_window": 60, "queue_lease": 60, "loan_period": 10_080}
        return make_lending_rules(self.venue, name="At the desk", approval="manual", **times)

    def _lend(self, slug: str, **fields: Any) -> Resource:
        thing = make_resource(self.venue, name=f"Lent {slug}", slug=slug, kind="equipment", **fields)
        offer_products(venue=self.venue, names=["classes", "lending"])
        lend_out(thing, self.staff_lend)
        return thing

    @cached_property
    def lent(self) -> Resource:
        """The customer waits for it."""
        return self._lend("lent")

    @cached_property
    def idle(self) -> Resource:
        """Nobody has asked for it."""
        return self._lend("idle")

    @cached_property
    def lent_out(self) -> Resource:
        """The customer has it."""
        return self._lend("lent-out")

    @cached_property
    def hidden_lent(self) -> Resource:
        return self._lend("hidden-lent", is_active=False)

    @cached_property
    def waiting(self) -> Loan:
        return ask(self.lent, self.customer)

    @cached_property
    def ready(self) -> Loan:
        """To be fetched."""
        loan = ask(self._lend("ready"), self.customer)
        return approve_loan(loan_id=loan.uuid, actor=Actor())

    @cached_property
    def borrowed(self) -> Loan:
        loan = ask(self.lent_out, self.customer)
        approve_loan(loan_id=loan.uuid, actor=Actor())
        hand_out(loan_id=loan.uuid, actor=Actor())
        # Before what is usual, so that renewing it gains something.
        due_at = now().replace(second=0, microsecond=0) + timedelta(days=1)
        Loan.objects.filter(pk=loan.pk).update(due_at=due_at)
        return Loan.objects.select_related("resource").get(pk=loan.pk)

    @cached_property
    def lost(self) -> Loan:
        loan = ask(self._lend("lost"), self.customer)
        approve_loan(loan_id=loan.uuid, actor=Actor())
        hand_out(loan_id=loan.uuid, actor=Actor())
        return mark_lost(loan_id=loan.uuid, actor=Actor())

    @cached_property
    def copy(self) -> Copy:
        return add_copy(resource=self.idle, code="SECRET-1")
