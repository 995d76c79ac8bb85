"""Passwords and the verification of email addresses."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers, inputs
from accounts.api.views import AccountView, EntranceView, account_of, restore_session
from accounts.models import User
from accounts.services.passwords import change_password, confirm_reset, request_reset
from accounts.services.verifying import resend_verification, resend_verification_to, verify_email
from common.parsing import refuse


class PasswordChange(AccountView):
    """``POST /api/auth/password/change``."""

    signed_in = ("POST",)

    @extend_schema(
        summary="Change the password",
        description=(
            "Ends all sessions of the account; this one goes on with the new tokens of the answer. Its API "
            "keys end, too, unless `keep_keys` is true."
        ),
        request=inputs.PasswordChangeInput,
        responses=answers.SignedInSerializer,
    )
    def post(self, request: Request) -> Response:
        data = inputs.PasswordChangeInput.parsed(request.data)
        user, plain = account_of(request), restore_session(request)
        change_password(
            plain,
            user=user,
            current=data["current_password"],
            new=data["new_password"],
            keep_keys=data["keep_keys"],
        )
        return answers.answer_signed_in(plain, user)


class PasswordReset(EntranceView):
    """``POST /api/auth/password/reset``."""

    @extend_schema(
        summary="Ask for a link to set a new password",
        description="The answer is the same whether or not the address has an account.",
        request=inputs.ResetInput,
        responses={202: answers.SuccessSerializer},
    )
    def post(self, request: Request) -> Response:
        data = inputs.ResetInput.parsed(request.data)
        request_reset(request._request, email=data["email"])
        return answers.answer_privately(
            answers.SuccessSerializer, {"success": True}, status.HTTP_202_ACCEPTED
        )


class PasswordResetConfirm(EntranceView):
    """``POST /api/auth/password/reset/confirm``."""

    @extend_schema(
        summary="Set a new password with the key of the mail",
        description="Ends all sessions and revokes all API keys of the account.",
        request=inputs.ResetConfirmInput,
        responses=answers.SuccessSerializer,
    )
    def post(self, request: Request) -> Response:
        data = inputs.ResetConfirmInput.parsed(request.data)
        confirm_reset(request._request, key=data["key"], new=data["new_password"])
        return answers.answer_privately(answers.SuccessSerializer, {"success": True})


class EmailVerify(EntranceView):
    """``POST /api/auth/email/verify``."""

    @extend_schema(
        summary="Verify an email address with the key of the mail",
        request=inputs.VerifyInput,
        responses=answers.VerifiedSerializer,
    )
    def post(self, request: Request) -> Response:
        data = inputs.VerifyInput.parsed(request.data)
        address = verify_email(request._request, key=data["key"])
        return answers.answer_privately(answers.VerifiedSerializer, address)


class EmailResend(AccountView):
    """``POST /api/auth/email/verify/resend``."""

    @extend_schema(
        summary="Send the verification mail again",
        description=(
            "To the account's own address, or to `email` for who cannot sign in yet; every few minutes at "
            "most. The answer is the same whether or not the address has an account."
        ),
        request=inputs.ResendInput,
        responses={202: answers.SuccessSerializer},
    )
    def post(self, request: Request) -> Response:
        email = inputs.ResendInput.parsed(request.data).get("email", "")
        if isinstance(request.user, User):
            resend_verification(request._request, user=request.user)
        elif email:
            resend_verification_to(request._request, email=email)
        else:
            refuse("email", _("Enter an email address, or sign in."))
        return answers.answer_privately(
            answers.SuccessSerializer, {"success": True}, status.HTTP_202_ACCEPTED
        )
