"""What can be done with something whose code is scanned; the desk's page asks the same."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED
from common.api_views import APIView
from common.clock import now
from common.parsing import refuse
from common.schema import query
from common.serializing import Shape
from lending.api.copies import CopySerializer
from lending.api.loans import make_context
from lending.api.places import VENUE, find_desk
from lending.api.shapes import LoanSerializer
from lending.models import Loan
from lending.scanning import Scan as Scanned
from lending.scanning import find_scanned, read_code
from resources.api.serializers import ResourceBriefSerializer
from resources.selectors import ResourceNotFound

LONGEST = 500
CODE = query("code", "Of a copy, or the slug of a thing; or a label's address.", required=True)


class ScannedStepSerializer(Shape):
    action = serializers.CharField(
        help_text=(
            "`hand-out`, `return`, `found` or `approve` the loan; `restore`: put the copy back into service; "
            "`lend`: it is there, make a loan; `wait`: its dates have come, but it is not there"
        )
    )
    loan = LoanSerializer(allow_null=True)
    reason = serializers.CharField(help_text="Why they have to wait; empty for other actions")


class ScannedSerializer(Shape):
    """What a code stands for. The first of ``steps`` is what probably comes next."""

    code = serializers.CharField()
    resource = ResourceBriefSerializer()
    scanned_copy = CopySerializer(
        source="copy", allow_null=True, help_text="null where the code is that of a thing"
    )
    steps = ScannedStepSerializer(many=True)


class Scan(APIView):
    """``GET /api/lending/scan``."""

    signed_in = ("GET",)

    @extend_schema(
        summary="What a scanned code stands for",
        description="For managers and staff: the thing, whose loan it is about, and what can be done.",
        parameters=[CODE, VENUE],
        responses=ScannedSerializer,
    )
    def get(self, request: Request) -> Response:
        venue = find_desk(request)
        code = read_code(request.query_params.get("code", "")[:LONGEST], venue.slug)
        if not code:
            refuse("code", _("Enter the code of a copy or a thing."))
        scanned = find_scanned(venue, code, now())
        if scanned is None:
            raise ResourceNotFound
        context = make_context(_list_loans(scanned), now()) | {"user": request.user}
        return Response(ScannedSerializer(scanned, context=context).data, headers=NEVER_STORED)


def _list_loans(scanned: Scanned) -> list[Loan]:
    return [step.loan for step in scanned.steps if step.loan]
