from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.inputs import password
from accounts.api.refusals import POWER
from accounts.api.root import RootView
from accounts.api.views import account_of, restore_session
from accounts.models import User
from accounts.services.others import add_account, change_account, change_own_password
from common.api_views import StrictSerializer
from common.errors import Forbidden, NotFound
from common.names import check_name
from common.schema_errors import refuses
from common.second_factor import is_administrator
from common.serializing import Shape
from common.venues import MANAGING, Role
from lending.models import Loan
from lending.reservia.refusals import ADDING_PERSON
from resources.models import Venue
from resources.permissions import roles_of

MOST = 500


class AddPersonInput(StrictSerializer):
    name = serializers.CharField(
        max_length=150, validators=[check_name], help_text="John Doe signs in as `john.doe`, or by this name"
    )
    email = serializers.EmailField(max_length=254)
    password = password()


class ChangePersonInput(StrictSerializer):
    """At least one of ``email`` and ``password``."""

    user_id = serializers.UUIDField()
    email = serializers.EmailField(max_length=254, required=False)
    password = password(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) < 2:
            raise serializers.ValidationError({"email": [_("Enter an email address or a password.")]})
        return attrs


class ReserviaUserDoneSerializer(Shape):
    message = serializers.CharField()
    user_id = serializers.UUIDField()


class ReserviaUserSerializer(Shape):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(help_text="Else the user name, else the email address")
    email = serializers.EmailField()
    role = serializers.CharField(help_text="`super`, `admin` (works at a venue) or `user`")

    def read_name(self, user: User) -> str:
        return name_of(user)

    def read_role(self, user: User) -> str:
        return find_role(user, works=user.pk in self.context["team"])


class ReserviaUsersSerializer(Shape):
    message = serializers.CharField()
    users = ReserviaUserSerializer(many=True)
    count = serializers.IntegerField()


class AddPerson(RootView):
    signed_in = ("POST",)
    write_scope: ClassVar[str] = "manage"

    @extend_schema(
        summary="Add a user",
        description="For administrators and managers. The user can sign in at once.",
        extensions=refuses(ADDING_PERSON),
        request=AddPersonInput,
        responses={201: ReserviaUserDoneSerializer},
    )
    def post(self, request: Request) -> Response:
        user = account_of(request)
        if not (is_administrator(user) or Role.MANAGER in roles_of(user).values()):
            raise Forbidden
        added = add_account(**AddPersonInput.parsed(request.data))
        return answer_done("User created successfully", added.pk, status.HTTP_201_CREATED)


class ChangePerson(RootView):
    signed_in = ("POST",)
    read_scope = write_scope = "account"

    @extend_schema(
        summary="Change a user",
        description=(
            "Administrators change anyone's email address and password. Everyone else changes their own "
            "password, right after signing in; a new email address is confirmed on the account's page."
        ),
        extensions=refuses(ADDING_PERSON, POWER),
        request=ChangePersonInput,
        responses=ReserviaUserDoneSerializer,
    )
    def post(self, request: Request) -> Response:
        data = ChangePersonInput.parsed(request.data)
        user, changed = account_of(request), data.pop("user_id")
        if is_administrator(user):
            change_account(user=_find_person(changed), **data)
        elif changed != user.pk or "email" in data:
            raise Forbidden
        else:
            change_own_password(restore_session(request), user=user, password=data["password"])
        return answer_done("User modified successfully", changed)


class ListPeople(RootView):
    signed_in = ("GET",)
    read_scope: ClassVar[str] = "manage"

    @extend_schema(
        summary="Users",
        description=(
            "Administrators see all of them, managers and staff those who have borrowed at their venues, and "
            "their team. 500 at most, by email address."
        ),
        responses=ReserviaUsersSerializer,
    )
    def get(self, request: Request) -> Response:
        users = list(_people_known_to(account_of(request)).order_by("email")[:MOST])
        works = User.objects.filter(pk__in=[user.pk for user in users]).exclude(memberships=None)
        body = {"message": "Users retrieved successfully", "users": users, "count": len(users)}
        context = {"team": set(works.values_list("pk", flat=True))}
        return Response(
            ReserviaUsersSerializer(body, context=context).data,
            headers={"Cache-Control": "private, no-store"},
        )


def name_of(user: User) -> str:
    return user.get_full_name() or user.username or user.email


def find_role(user: User, *, works: bool) -> str:
    return "super" if user.is_superuser else "admin" if works else "user"


def answer_done(message: Any, id: UUID, code: int = status.HTTP_200_OK) -> Response:
    return Response(ReserviaUserDoneSerializer({"message": message, "user_id": id}).data, code)


def _find_person(id: UUID) -> User:
    user = User.objects.filter(pk=id).first()
    if user is None:
        raise NotFound
    return user


def _people_known_to(user: User) -> QuerySet[User]:
    """Raises ``Forbidden`` for those who neither manage nor work anywhere."""
    if is_administrator(user):
        return User.objects.all()
    venues = Venue.objects.staffed_by(user, *MANAGING)
    ids = list(venues.values_list("pk", flat=True))
    if not ids:
        raise Forbidden
    borrowers = Loan.objects.filter(venue__in=ids).values("borrower")
    return User.objects.filter(Q(pk__in=borrowers) | Q(memberships__venue__in=ids)).distinct()
