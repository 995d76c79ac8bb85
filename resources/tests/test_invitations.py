"""Managers invite people to their venue's team; only whoever proves the address comes in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from common.clock import now
from common.errors import Forbidden, InvalidInput, NotFound
from notifications.models import Message
from notifications.tests.helpers import send_all
from resources.enums import Role
from resources.invitations import find_invitation, why_not_to_accept
from resources.models import TeamInvitation, VenueMembership
from resources.periodic import forget_invitations
from resources.services import team
from resources.services.team import (
    InvitationOver,
    NotYours,
    accept_invitation,
    invite_to_team,
    resend_invitation,
    revoke_invitation,
)
from resources.team_links import invitation_path, token_for
from tests.factories import PASSWORD, make_member, make_user, make_venue

pytestmark = pytest.mark.django_db
ADDRESS = "nina@example.com"
LIST = "/admin/resources/teaminvitation/"


class Two:
    """Two venues; ``boss`` manages the first and is staff at the second, ``other`` manages that."""

    def __init__(self) -> None:
        self.venue, self.second = make_venue(name="Ours"), make_venue(name="Theirs")
        self.boss, self.other = make_member(self.venue, Role.MANAGER), make_member(self.second, Role.MANAGER)
        VenueMembership.objects.create(venue=self.second, user=self.boss, role=Role.STAFF)


@pytest.fixture
def two() -> Iterator[Two]:
    cache.clear()  # mails to one address are limited
    yield Two()
    cache.clear()


def invite(two: Two, role: str = Role.STAFF, email: str = ADDRESS) -> TeamInvitation:
    return invite_to_team(venue=two.venue, email=email, role=role, by=two.boss)


def proven(email: str = ADDRESS, *, verified: bool = True, **fields: Any) -> User:
    user = make_user(email, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def accept(invitation: TeamInvitation, user: User) -> VenueMembership:
    return accept_invitation(invitation_id=invitation.pk, token=token_for(invitation), user=user)


def roles(user: User) -> dict[str, str]:
    return dict(VenueMembership.objects.filter(user=user).values_list("venue__name", "role"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.once
@pytest.mark.parametrize(("language", "subject"), [("en", "You're invited"), ("de", "Einladung ins Team")])
def test_the_mail_has_the_link_that_lets_in(two: Two, language: str, subject: str) -> None:
    proven(language=language)
    invitation = invite(two, Role.FACILITATOR, " Nina@Example.com ")
    send_all()
    (sent,) = mail.outbox
    assert sent.to == [ADDRESS]
    assert sent.subject.startswith(subject)
    assert "Ours" in sent.subject
    assert invitation_path(invitation) in str(sent.body)
    row = Message.objects.get()
    assert token_for(invitation) not in row.text + row.html, "no secret is stored"
    client = signed_in(User.objects.get(email=ADDRESS))
    answer = client.post(invitation_path(invitation), follow=True)
    assert answer.status_code == 200
    assert roles(User.objects.get(email=ADDRESS)) == {"Ours": Role.FACILITATOR}
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.once
def test_only_managers_of_that_venue_invite_resend_and_withdraw(two: Two) -> None:
    invitation = invite(two)
    gone = make_member(two.venue, Role.MANAGER, is_active=False)
    others = [make_member(two.venue, role) for role in (Role.STAFF, Role.FACILITATOR)]
    for by in (*others, two.other, make_user(), gone):
        with pytest.raises(Forbidden):
            invite_to_team(venue=two.venue, email="x@example.com", role=Role.FACILITATOR, by=by)
        for act in (resend_invitation, revoke_invitation):
            with pytest.raises(Forbidden):
                act(invitation_id=invitation.pk, by=by)
    with pytest.raises(Forbidden):
        invite_to_team(venue=two.second, email="x@example.com", role=Role.FACILITATOR, by=two.boss)
    with pytest.raises(Forbidden):
        invite(two, "owner")
    root = make_user(is_superuser=True)
    invite_to_team(venue=two.second, email="x@example.com", role=Role.MANAGER, by=root)
    assert TeamInvitation.objects.count() == 2


def test_nobody_comes_in_without_having_proved_the_address(two: Two) -> None:
    invitation = invite(two)
    squatter, stranger = proven(verified=False), proven("eve@example.com")
    # A second address that one has proved is not the one that one is known by.
    EmailAddress.objects.create(user=stranger, email="else@example.com", verified=True)
    for user in (squatter, stranger, two.boss):
        client = signed_in(user)
        assert client.get(invitation_path(invitation)).status_code == 200
        assert client.post(invitation_path(invitation)).status_code == 403
        with pytest.raises(NotYours):
            accept(invitation, user)
    assert Client().post(invitation_path(invitation)).status_code == 403
    assert roles(squatter) == roles(stranger) == {}
    EmailAddress.objects.filter(user=squatter).update(verified=True)
    with pytest.raises(NotFound):
        accept_invitation(invitation_id=invitation.pk, token="f" * 40, user=squatter)
    User.objects.filter(pk=squatter.pk).update(is_active=False)
    with pytest.raises(NotYours):
        accept(invitation, User.objects.get(pk=squatter.pk))
    assert TeamInvitation.objects.get().accepted_at is None


def test_a_link_works_once_and_an_old_or_altered_one_never(two: Two) -> None:
    first = invite(two)
    old_path = invitation_path(first)
    renewed = resend_invitation(invitation_id=first.pk, by=two.boss)
    user = proven()
    client = signed_in(user)
    assert client.post(old_path).status_code == client.get(old_path).status_code == 404
    TeamInvitation.objects.update(role=Role.MANAGER)
    assert client.post(invitation_path(renewed)).status_code == 404, "it was for another role"
    TeamInvitation.objects.update(role=Role.STAFF)
    assert client.post(invitation_path(renewed)).status_code == 302
    assert client.get(invitation_path(renewed)).status_code == 410
    VenueMembership.objects.filter(user=user).delete()
    assert client.post(invitation_path(renewed)).status_code == 409
    assert roles(user) == {}


def _expire(two: Two, invitation: TeamInvitation) -> None:
    TeamInvitation.objects.update(expires_at=now())


def _revoke(two: Two, invitation: TeamInvitation) -> None:
    revoke_invitation(invitation_id=invitation.pk, by=two.boss)


def _demote(two: Two, invitation: TeamInvitation) -> None:
    VenueMembership.objects.filter(user=two.boss, venue=two.venue).update(role=Role.STAFF)


def _dismiss(two: Two, invitation: TeamInvitation) -> None:
    VenueMembership.objects.filter(user=two.boss, venue=two.venue).delete()


def _close(two: Two, invitation: TeamInvitation) -> None:
    User.objects.filter(pk=two.boss.pk).update(is_active=False)


@pytest.mark.once
@pytest.mark.parametrize(
    ("end", "state"),
    [
        (_expire, "Expired"),
        (_revoke, "Withdrawn"),
        (_demote, "No longer valid"),
        (_dismiss, "No longer valid"),
        (_close, "No longer valid"),
    ],
)
def test_what_ends_an_invitation(two: Two, end: Any, state: str) -> None:
    invitation = invite(two)
    end(two, invitation)
    assert state in signed_in(make_user(is_superuser=True)).get(LIST).content.decode()
    user = proven()
    client = signed_in(user)
    assert client.get(invitation_path(invitation)).status_code == 410
    with pytest.raises(InvitationOver):
        accept(invitation, user)
    send_all()
    assert mail.outbox == [], "nobody needs it any more"
    assert roles(user) == {}


def test_an_address_is_one_however_it_is_written_and_never_a_lookalike(two: Two) -> None:
    assert invite(two, email=" \N{KELVIN SIGN}ATE@Example.com ").email == "kate@example.com"
    for again in ("kate@example.com", "Kate@EXAMPLE.com"):
        with pytest.raises(InvalidInput):
            invite(two, email=again)
    for several in (
        "a@example.com,b@example.com",
        "a@example.com\nBcc: b@example.com",
        "\u202ea@example.com",
    ):
        with pytest.raises(InvalidInput):
            invite(two, email=several)
    invitation = invite(two, email="staff@example.com")
    for lookalike in (
        "\N{LATIN SMALL LETTER LONG S}taff@example.com",
        "staff@ex\N{CYRILLIC SMALL LETTER A}mple.com",
    ):
        with pytest.raises(NotYours):
            accept(invitation, proven(lookalike))


@pytest.mark.once
def test_another_site_cannot_make_somebody_join(two: Two) -> None:
    invitation, user, client = invite(two), proven(), Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(invitation_path(invitation)).status_code == 403
    page = client.get(invitation_path(invitation))
    assert roles(user) == {}
    assert page.headers["Referrer-Policy"] == "same-origin", "the address is a secret"
    assert "no-store" in page.headers["Cache-Control"]


def test_what_has_expired_can_be_sent_again_and_invited_anew(two: Two) -> None:
    invitation = invite(two)
    with pytest.raises(InvalidInput):
        invite(two)
    with time_machine.travel(now() + timedelta(days=8), tick=False):
        assert why_not_to_accept(find_invitation(invitation.pk, token_for(invitation)))
        renewed = resend_invitation(invitation_id=invitation.pk, by=two.boss)
        assert not why_not_to_accept(renewed)
    with time_machine.travel(now() + timedelta(days=16), tick=False):
        anew = invite(two)
    assert TeamInvitation.objects.unsettled().get() == anew


@pytest.mark.once
def test_no_letter_box_is_filled(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by sending again nor by withdrawing and inviting anew."""
    invitation = invite(two)
    for _number in range(team.MOST_MAILS_A_DAY - 2):
        resend_invitation(invitation_id=invitation.pk, by=two.boss)
    revoke_invitation(invitation_id=invitation.pk, by=two.boss)
    invitation = invite(two)
    with pytest.raises(InvalidInput):
        resend_invitation(invitation_id=invitation.pk, by=two.boss)
    revoke_invitation(invitation_id=invitation.pk, by=two.boss)
    with pytest.raises(InvalidInput):
        invite(two)
    assert Message.objects.filter(recipient=ADDRESS).count() == team.MOST_MAILS_A_DAY
    with time_machine.travel(now() + timedelta(days=1, minutes=1), tick=False):
        invite(two)
    monkeypatch.setattr(team, "MOST_A_DAY", 1)
    with pytest.raises(InvalidInput):
        invite(two, email="else@example.com")
    with pytest.raises(InvalidInput):
        invite(two, email=two.boss.email)


@pytest.mark.parametrize(
    ("has", "offered", "then"),
    [(Role.MANAGER, Role.STAFF, Role.MANAGER), (Role.FACILITATOR, Role.STAFF, Role.STAFF)],
)
def test_an_invitation_takes_no_role_away(two: Two, has: str, offered: str, then: str) -> None:
    invitation, user = invite(two, offered), proven()
    VenueMembership.objects.create(venue=two.venue, user=user, role=has)
    accept(invitation, user)
    assert roles(user) == {"Ours": then}


@pytest.mark.once
def test_the_page_leads_there(two: Two) -> None:
    path = invitation_path(invite(two))
    guest = Client().get(path).content.decode()
    assert f"next={path.replace('/', '%2F')}" in guest
    assert "nina%40example.com" in guest
    assert "You're signed in as" in signed_in(two.boss).get(path).content.decode().replace("&#x27;", "'")
    squatter = signed_in(proven(verified=False))
    assert 'name="prove"' in squatter.get(path).content.decode()
    assert squatter.post(path, {"prove": ""}).status_code == 302
    assert [sent.to for sent in mail.outbox] == [[ADDRESS]]
    assert signed_in(two.boss).post(path, {"prove": ""}).status_code == 403


@pytest.mark.once
def test_managers_invite_in_the_admin_within_their_venue(two: Two) -> None:
    desk = signed_in(two.boss)
    page = desk.get(f"{LIST}add/").content.decode()
    assert "Ours" in page
    assert "Theirs" not in page
    form = {"venue": str(two.venue.pk), "email": ADDRESS, "role": Role.STAFF}
    refused = desk.post(f"{LIST}add/", form | {"venue": str(two.second.pk)})
    assert refused.status_code == 200
    assert desk.post(f"{LIST}add/", form | {"role": "owner"}).status_code == 200
    assert not TeamInvitation.objects.exists()
    assert desk.post(f"{LIST}add/", form).status_code == 302
    invitation = TeamInvitation.objects.get()
    assert (invitation.invited_by, Message.objects.count()) == (two.boss, 1)
    again = desk.post(f"{LIST}add/", form)
    assert "has already been invited" in again.content.decode()
    page_of_it = desk.get(f"{LIST}{invitation.pk}/change/").content.decode()
    assert ADDRESS in page_of_it
    assert token_for(invitation) not in page_of_it
    assert desk.post(f"{LIST}{invitation.pk}/change/", form | {"role": "manager"}).status_code == 403


@pytest.mark.once
@pytest.mark.parametrize("action", ["resend", "revoke"])
def test_the_admin_asks_first(two: Two, action: str) -> None:
    invitation, desk = invite(two), signed_in(two.boss)
    chosen = {"action": action, "_selected_action": [str(invitation.pk)]}
    page = desk.post(LIST, chosen).content.decode()
    assert ("Email to nina@example.com" in page) == (action == "resend")
    assert TeamInvitation.objects.get().link_version == 1
    done = desk.post(LIST, chosen | {"confirmed": "1"}, follow=True).content.decode()
    assert f"1 invitation {'sent again' if action == 'resend' else 'withdrawn'}." in done
    invitation.refresh_from_db()
    assert (invitation.link_version, invitation.revoked_at is None) == (
        (2, True) if action == "resend" else (1, False)
    )


@pytest.mark.once
def test_nobody_else_sees_invitations(two: Two) -> None:
    theirs = invite_to_team(venue=two.second, email="zoe@example.com", role=Role.STAFF, by=two.other)
    invite(two)
    listed = signed_in(two.boss).get(LIST)
    assert [row.email for row in listed.context["cl"].result_list] == [ADDRESS]
    desk = signed_in(two.boss)
    assert desk.get(f"{LIST}{theirs.pk}/change/").status_code == 302, "not there"
    desk.post(LIST, {"action": "revoke", "_selected_action": [str(theirs.pk)], "confirmed": "1"})
    theirs.refresh_from_db()
    assert theirs.revoked_at is None
    for role in (Role.STAFF, Role.FACILITATOR):
        member = signed_in(make_member(two.venue, role))
        assert member.get(LIST).status_code == member.get(f"{LIST}add/").status_code == 403


@pytest.mark.once
def test_the_list_asks_as_often_for_three_as_for_one(two: Two) -> None:
    desk, counted = signed_in(two.boss), []
    for number in range(3):
        invite(two, email=f"p{number}@example.com")
        with CaptureQueriesContext(connection) as queries:
            desk.get(LIST)
        counted.append(len(queries))
    assert counted[1] == counted[2]


def test_addresses_of_people_who_never_came_are_forgotten(two: Two) -> None:
    kept = invite(two)
    accept(kept, proven())
    invite(two, email="never@example.com")
    assert forget_invitations(now=now() + timedelta(days=90)) == 0
    assert forget_invitations(now=now() + timedelta(days=98)) == 1
    assert TeamInvitation.objects.get() == kept


def test_somebody_new_signs_up_proves_their_address_and_joins(two: Two) -> None:
    path, client = invitation_path(invite(two)), Client()
    details = {"email": ADDRESS, "password1": PASSWORD, "next": path}
    client.post(reverse("account_signup"), details)
    assert client.post(path).status_code == 403
    (sent,) = mail.outbox
    confirmation = re.search(r"/accounts/confirm-email/[^\s/]+/", str(sent.body))
    assert confirmation
    assert client.post(confirmation[0]).headers["Location"] == path
    assert client.post(path).status_code == 302
    assert 'href="/calendar/"' in client.get(path).content.decode().split("<main")[1]
    assert roles(User.objects.get(email=ADDRESS)) == {"Ours": Role.STAFF}
