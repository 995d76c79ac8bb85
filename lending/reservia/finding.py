"""Things and loans as Reservia's programs name them: a thing by its number, its id or its slug."""

import re
from collections.abc import Sequence
from typing import Any, NoReturn
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from common.errors import Forbidden, InvalidInput
from common.parsing import parse_uuid, refuse
from lending.enums import Status
from lending.exceptions import LoanNotFound, LoanRanOut
from lending.models import Loan
from lending.permissions import can_manage, manages_loans
from lending.querysets import LoanQuerySet
from lending.recording import has_run_out
from lending.selectors import find_lent
from resources.models import Resource
from resources.permissions import works_anywhere, works_at
from resources.selectors import ResourceNotFound

Viewer = User | AnonymousUser
LARGEST = 2**63 - 1
NAME = re.compile(r"[1-9]\d{0,99}|(?!-?\d*$)[-\w]{1,100}", re.ASCII)


@extend_schema_field({"type": "integer", "minimum": 1})
class ThingField(serializers.Field[Any, Any, Any, Any]):
    """A number; an id or a slug will do, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(help_text="Its number; its id or its slug will do, too", **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return read_name(data)
        except InvalidInput as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: Any) -> Any:
        return value


def read_name(value: object) -> str:
    """Raises ``InvalidInput`` for true, 1.5, "" and the like."""
    name = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not NAME.fullmatch(name):
        refuse("resource_id", _("Enter the number, the ID or the slug of a resource."))
    return name


def find_thing(name: str, user: Viewer) -> Resource:
    """What is lent and may be seen. Raises ``ResourceNotFound`` and ``InvalidInput``."""
    things = list(find_lent(user).filter(_is_named(name)).order_by("pk")[:2])
    if not things:
        raise ResourceNotFound
    if len(things) > 1:
        _refuse_double()
    return things[0]


def find_own(name: str, user: User, *statuses: Status) -> Loan:
    """Their loan of the thing, even if it is not lent any more; one without dates first.

    Raises ``LoanNotFound``, ``LoanRanOut`` where they had it until then, and ``InvalidInput``.
    """
    return pick_own(name, user, *statuses) or _refuse_own(name, user)


def pick_own(name: str, user: User, *statuses: Status) -> Loan | None:
    """Raises ``InvalidInput``."""
    return _pick(name, Loan.objects.filter(borrower=user.pk), statuses)


def _refuse_own(name: str, user: User) -> NoReturn:
    last = Loan.objects.filter(_is_named(name, "resource__"), borrower=user.pk).order_by("pk").last()
    raise LoanRanOut if last and has_run_out(last) else LoanNotFound


def find_of(name: str, borrower_id: UUID, user: User, *statuses: Status) -> Loan:
    """Someone's, for the staff of its venue. Raises ``LoanNotFound``, ``Forbidden``, ``InvalidInput``."""
    if borrower_id == user.pk:
        return find_own(name, user, *statuses)
    loan = _pick(name, Loan.objects.filter(borrower=borrower_id), statuses)
    if loan is not None and can_manage(user, loan):
        return loan
    try:
        thing = find_thing(name, user)
    except ResourceNotFound as error:
        raise LoanNotFound from error
    # To staff of other venues it is not there; customers and facilitators may only speak for themselves.
    is_elsewhere = works_anywhere(user) and not works_at(user, thing.venue_id)
    raise LoanNotFound if is_elsewhere or manages_loans(user, thing.venue_id) else Forbidden


def _pick(name: str, rows: LoanQuerySet, statuses: Sequence[Status]) -> Loan | None:
    found = rows.filter(_is_named(name, "resource__"), status__in=statuses).for_display()
    loans = list(found.order_by(F("wanted_from").asc(nulls_first=True), "pk"))
    if len({loan.resource_id for loan in loans}) > 1:
        _refuse_double()
    # In the order in which the statuses are named.
    loans.sort(key=lambda loan: (loan.is_dated, statuses.index(Status(loan.status))))
    return loans[0] if loans else None


def _is_named(name: str, path: str = "") -> Q:
    if name.isdigit():
        return Q(**{f"{path}pk": int(name)}) if int(name) <= LARGEST else Q(pk__in=())
    try:
        return Q(**{f"{path}uuid": parse_uuid(name)})
    except InvalidInput:
        return Q(**{f"{path}slug": name})


def _refuse_double() -> NoReturn:
    refuse("resource_id", _("Several venues have a resource of this name. Use its ID."))
