from allauth.mfa.models import Authenticator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.tokens import end_sessions
from common.mail import send_leniently
from common.transactions import retried_atomic


def remove_second_factors(*, user: User) -> int:
    """For somebody who has lost them all: the password alone opens the account again, on every device anew.

    Returns how many there were, recovery codes included.
    """
    count = _remove_all(user)
    if count:
        _tell_owner(user)
    return count


@retried_atomic
def _remove_all(user: User) -> int:
    authenticators = Authenticator.objects.filter(user=user)
    count = int(authenticators.delete()[0])
    if count:
        end_sessions(user)
    return count


def _tell_owner(user: User) -> None:
    with translation.override(user.language or translation.get_language()):
        subject = _("Two-step verification turned off")
        text = render_to_string("accounts/second_factors_removed_mail.txt", {"user": user})
    send_leniently(lambda: send_mail(subject, text, None, [user.email]))
