"""The mail that invites somebody to a venue's team."""

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.enums import Channel
from notifications.kinds import MessageKind, MessagePayload, Topic, Values, Words, kinds, topics
from notifications.models import Message
from notifications.services.writing import active_language, write_messages
from notifications.texts import DETAILS
from notifications.wording import Wording
from resources.invitations import why_not_to_accept
from resources.models import TeamInvitation
from resources.team_links import invitation_path

if TYPE_CHECKING:
    from resources.models import Venue

INVITED, SUBJECT = "team_invitation", "team_invitation"


class InvitationTopic(Topic):
    labels = (
        ("venue", pgettext_lazy("message", "Where")),
        ("role", pgettext_lazy("message", "Role")),
        ("inviter", pgettext_lazy("message", "Invited by")),
        ("expires", pgettext_lazy("message", "Valid until")),
    )
    links = {"invitation_url": invitation_path}

    def load(self, subject_id: str) -> TeamInvitation | None:
        invitations = TeamInvitation.objects.select_related("venue", "invited_by")
        return invitations.filter(pk=subject_id).first()

    def values(self, message: Message, subject: TeamInvitation, wording: Wording) -> Values:
        return {
            "role": subject.get_role_display(),
            "inviter": str(subject.invited_by or ""),
            "expires": wording.moment(subject.expires_at),
        }

    def admin_path(self, subject_id: str) -> str:
        return reverse("admin:resources_teaminvitation_change", args=[subject_id])

    def sample(self, kind: str, venue: "Venue") -> tuple[TeamInvitation, MessagePayload]:
        inviter = User(first_name="Grace", last_name="Hopper")
        return TeamInvitation(venue=venue, email="ada@example.com", invited_by=inviter), {}


def why_not_to_send(message: Message) -> str:
    """Asked of the row as it is now, also for what staff send again."""
    invitation = message.about
    return why_not_to_accept(invitation) if invitation else gettext("This invitation has been deleted.")


def register() -> None:
    topics.register(SUBJECT, InvitationTopic())
    words = Words(
        _("You're invited to the team of {{ venue }}"),
        (
            _("Hello,"),
            _("You're invited to join the team of {{ venue }}."),
            DETAILS,
            _("View invitation: {{ invitation_url }}"),
            _("You need an account with this email address. If you didn't expect this, ignore it."),
        ),
    )
    kind = MessageKind(
        label=_("Invitation to the team"),
        topic=SUBJECT,
        words=words,
        placeholders=frozenset({"role", "inviter", "expires", "invitation_url"}),
        is_for_staff=True,
        still_needed=why_not_to_send,
    )
    kinds.register(INVITED, kind)


def tell_invited(invitation: TeamInvitation) -> None:
    """Once for each link."""
    # An account counts only if the address is proven to be its own.
    proven = EmailAddress.objects.filter(email=invitation.email, verified=True, user__email=invitation.email)
    message = Message(
        venue_id=invitation.venue_id,
        kind=INVITED,
        channel=Channel.EMAIL,
        recipient=invitation.email,
        user_id=proven.values_list("user_id", flat=True).first(),
        language=active_language(),
        subject_type=SUBJECT,
        subject_id=str(invitation.pk),
        dedupe_key=f"{INVITED}:{invitation.pk}:{invitation.link_version}",
    )
    write_messages([message])
