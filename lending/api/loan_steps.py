"""What can be done with a loan; each step calls one service and answers with the loan as it is then."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import ViewSet, with_headers
from common.api_views import StrictSerializer
from common.clock import now
from common.errors import Forbidden
from common.schema import IF_MATCH, tag
from common.schema_errors import Refusals, refuses
from lending import services
from lending.api import inputs, refusals
from lending.api.shapes import LoanDetailSerializer
from lending.beginning import find_away_at
from lending.exceptions import LoanNotFound
from lending.models import Loan
from lending.permissions import can_change, can_manage, can_view
from lending.selectors import expect, find_positions
from lending.terms import catalogs_of
from reservations.api.inputs import actor_for, read_version
from resources.lookups import find_resource

Service = Callable[..., Any]
View = TypeVar("View", bound=Callable[..., Any])


def step(
    summary: str, refused: Refusals, input: type[StrictSerializer], text: str = ""
) -> Callable[[View], View]:
    return extend_schema(
        summary=summary,
        description=text,
        extensions=refuses(refused),
        parameters=[IF_MATCH, tag(200)] if issubclass(input, inputs.StepInput) else [tag(200)],
        request=input,
        responses={200: LoanDetailSerializer},
    )


class OneLoan(ViewSet[Loan]):
    def get_object(self) -> Loan:
        """Raises ``LoanNotFound``, also for loans that this client may not see."""
        loan = Loan.objects.for_display().filter(uuid=self.kwargs["id"]).first()
        if loan is None or not can_view(self.request.user, loan):
            raise LoanNotFound
        return loan

    def find_own(self) -> Loan:
        """For its borrower and staff. Raises ``LoanNotFound``, and ``Forbidden`` for who may only look."""
        loan = self.get_object()
        if not can_change(self.request.user, loan):
            raise Forbidden
        return loan

    def find_managed(self) -> Loan:
        """For staff. Raises ``LoanNotFound`` and ``Forbidden``."""
        loan = self.get_object()
        if not can_manage(self.request.user, loan):
            raise Forbidden
        return loan

    def find_again(self, id: UUID) -> Loan:
        return Loan.objects.for_display().get(uuid=id)

    def answer_loan(self, loan: Loan, code: int = status.HTTP_200_OK) -> Response:
        at = now()
        venue_catalogs = catalogs_of([loan])
        context = {
            "user": self.request.user,
            "positions": find_positions([loan], at),
            "catalogs": venue_catalogs,
            "away": find_away_at(venue_catalogs, [loan], at),
            "now": at,
            "expected": expect(loan, at) if loan.is_waiting else None,
        }
        answer = self.answer(LoanDetailSerializer(loan, context=context).data, code)
        return with_headers(answer, {"ETag": f'"{loan.version}"'})

    def take_step(self, loan: Loan, service: Service, input: type[StrictSerializer], **also: Any) -> Response:
        data = input.parsed(self.request.data)
        told = inputs.read_step(data, loan) | also
        if "resource_id" in told:
            told["resource_id"] = find_resource(loan.venue, told["resource_id"]).pk
        if issubclass(input, inputs.StepInput):
            told["version"] = read_version(self.request.headers, data)
        service(loan_id=loan.uuid, actor=actor_for(self.request.user), **told)
        return self.answer_loan(self.find_again(loan.uuid))


class BorrowersSteps(OneLoan):
    @step("Cancel", refusals.CHANGING, inputs.ReasonedInput, "Before it was handed out.")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_own(), services.cancel_loan, inputs.ReasonedInput)

    @step(
        "Return",
        refusals.RETURNING,
        inputs.ReturnInput,
        "The next in line has it at once. 403 `staff_confirm_returns` where staff have to see it.",
    )
    @action(detail=True, methods=["post"], url_path="return")
    def give_back(self, request: Request, id: UUID) -> Response:
        loan = self.find_own()
        is_staff = can_manage(request.user, loan)
        return self.take_step(loan, services.return_loan, inputs.ReturnInput, by_staff=is_staff)

    @step(
        "Renew",
        refusals.RENEWING,
        inputs.RenewalInput,
        "For another period from now, until someone else has booked it at the latest.",
    )
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, id: UUID) -> Response:
        loan = self.find_own()
        if "override" in inputs.RenewalInput.parsed(request.data) and not can_manage(request.user, loan):
            raise Forbidden
        return self.take_step(loan, services.renew_loan, inputs.RenewalInput)

    @step("Keep it, or the place in the queue", refusals.LEASE, inputs.KeepInput, "It counts from now on.")
    @action(detail=True, methods=["post"], url_path="keep-alive")
    def keep_alive(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_own(), services.keep_alive, inputs.KeepInput)

    @step("Not now, keep my place", refusals.CHANGING, inputs.SuspensionInput)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_own(), services.suspend_loan, inputs.SuspensionInput)

    @step("Wait again", refusals.CHANGING, inputs.StepInput, "At the place that was kept.")
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_own(), services.resume_loan, inputs.StepInput)


class LoanSteps(BorrowersSteps):
    @step(
        "Approve",
        refusals.APPROVING,
        inputs.ApprovalInput,
        "Staff: out of turn, too. `resource_id` says which of a group.",
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.approve_loan, inputs.ApprovalInput)

    @step("Decline", refusals.CHANGING, inputs.ReasonedInput, "Staff.")
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.decline_loan, inputs.ReasonedInput)

    @step("Hand out", refusals.HANDING, inputs.HandOutInput, "Staff: what was approved is fetched.")
    @action(detail=True, methods=["post"], url_path="hand-out")
    def hand_out(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.hand_out, inputs.HandOutInput)

    @step("Take back", refusals.CHANGING, inputs.ForcedInput, "Staff, with a reason; a lease ends with it.")
    @action(detail=True, methods=["post"], url_path="force-return")
    def force_return(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.force_return, inputs.ForcedInput)

    @step("Recall", refusals.CHANGING, inputs.RecallInput, "Staff want it back, in a day at the earliest.")
    @action(detail=True, methods=["post"])
    def recall(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.recall_loan, inputs.RecallInput)

    @step("Lost", refusals.CHANGING, inputs.ReasonedInput, "Staff: it will not come back.")
    @action(detail=True, methods=["post"])
    def lost(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.mark_lost, inputs.ReasonedInput)

    @step("Found", refusals.CHANGING, inputs.FoundInput, "Staff: it is back after all.")
    @action(detail=True, methods=["post"])
    def found(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.mark_found, inputs.FoundInput)

    @step("Move in the queue", refusals.CHANGING, inputs.LoanMoveInput, "Staff, with a reason.")
    @action(detail=True, methods=["post"])
    def move(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.move_loan, inputs.LoanMoveInput)

    @step(
        "Swap", refusals.SWAPPING, inputs.SwapInput, "Staff: another thing for the same time, if it is free."
    )
    @action(detail=True, methods=["post"])
    def swap(self, request: Request, id: UUID) -> Response:
        return self.take_step(self.find_managed(), services.swap_loan, inputs.SwapInput)
