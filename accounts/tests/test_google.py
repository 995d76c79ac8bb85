"""``POST /api/auth/google``: ID tokens of a provider that really listens, genuine and otherwise."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.cache import cache
from django.db import connection
from django.test import Client
from jwt.algorithms import RSAAlgorithm
from pytest_django import Settings

from accounts import id_tokens
from accounts.models import User
from accounts.services.keys import create_key
from accounts.tests.api_helpers import bearer, code_now, post, signed_in, verified_user, whoami, with_totp
from accounts.tests.oidc_provider import CLIENT_ID, KEY, Provider, running_provider
from tests.factories import PASSWORD, make_user

once = pytest.mark.once
pytestmark = pytest.mark.django_db
ADA = {"sub": "1815", "email": "Ada@example.com", "email_verified": True, "name": "Ada Lovelace"}


@pytest.fixture(scope="module")
def listening() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def provider(listening: Provider, settings: Settings) -> Provider:
    settings.GOOGLE_CLIENT_ID, settings.OIDC_SERVER_URL = CLIENT_ID, listening.url
    listening.person, listening.forge, listening.kid = dict(ADA), {}, "1"
    listening.told.clear()
    return listening


def google(client: Client, credential: Any, **more: Any) -> Any:
    return post(client, "google", {"credential": credential, **more})


def claims(provider: Provider, **other: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": provider.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
    return {name: value for name, value in {**usual, **ADA, **other}.items() if value is not None}


def signed(
    provider: Provider,
    key: Any = KEY,
    algorithm: str = "RS256",
    kid: Any = "1",
    without: str = "",
    **other: Any,
) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(provider, **{without: None}, **other), key, algorithm=algorithm, headers=headers)


def test_whoever_google_knows_is_signed_in_as_by_login(client: Client, provider: Provider) -> None:
    body = {"google_id": "1815", "email": "ada@example.com", "name": "Ada"}
    answer = google(client, provider.id_token({}), **body)
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == set(signed_in(Client(), make_user()))
    assert answer.headers["Cache-Control"] == "private, no-store"
    user = User.objects.get(email="ada@example.com")
    shown = {name: found["user"][name] for name in ("id", "email", "name", "email_verified")}
    assert shown == {"id": str(user.pk), "email": user.email, "name": "Ada Lovelace", "email_verified": True}
    assert not user.has_usable_password()
    assert client.get("/api/auth/user").status_code == 200
    assert whoami(**bearer(found["access_token"])).json()["id"] == str(user.pk)

    provider.person["email"] = "ada.lovelace@example.com"  # the same person, who has moved
    again = google(Client(), provider.id_token({"nonce": "2"}))
    assert again.json()["user"]["id"] == str(user.pk)
    assert SocialAccount.objects.get().user == user


@once
def test_a_name_for_whom_google_names_none(client: Client, provider: Provider) -> None:
    told = google(client, signed(provider, name=None), name="Ada Lovelace").json()
    assert told["user"]["name"] == "Ada Lovelace"


@once
def test_what_proves_nothing_is_refused(provider: Provider, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body, signature = signed(provider).split(".")
    by_public_key = [
        jwt.api_jws.encode(json.dumps(claims(provider)).encode(), "x" * 40, "HS256", {"kid": "1"}),
        *(
            hs256(claims(provider), secret)
            for secret in (pem, RSAAlgorithm.to_jwk(KEY.public_key()).encode())
        ),
    ]
    wrong = {
        "another key": signed(provider, other),
        "changed": f"{head}.{body}.{signature[:-6]}AAAAAA",
        "others' claims": f"{head}.{signed(provider, sub='1').split('.')[1]}.{signature}",
        "unsigned": jwt.encode(claims(provider), "", algorithm="none", headers={"kid": "1"}),
        **dict(enumerate(by_public_key)),
        "unknown key": signed(provider, kid="2"),
        "no key": signed(provider, kid=None),
        "expired": signed(provider, exp=int(time.time()) - 60),
        "from tomorrow": signed(provider, iat=int(time.time()) + 86_400),
        "for others": signed(provider, aud="another client"),
        "for others, too": signed(provider, aud=[CLIENT_ID, "another client"]),
        "by others": signed(provider, iss="https://accounts.google.com"),
        **{f"no {name}": signed(provider, without=name) for name in ("sub", "exp", "aud", "iss", "email")},
        "no address": signed(provider, email="ada"),
        "a number": signed(provider, email=5),
        "an address too long": signed(provider, email=f"{'a' * 60}@{'b.' * 100}example.com"),
        "an id too long": signed(provider, sub="1" * 192),
        "an unseen id": signed(provider, sub="1\x00"),
        **{
            f"unverified {value}": signed(provider, email_verified=value)
            for value in (False, "true", 1, None)
        },
        "text": "nonsense",
        "dots": "..",
        "no Latin": "ä.ö.ü",
    }
    for name, credential in wrong.items():
        client = Client()
        answer = google(client, credential)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_id_token"), name
        assert "sessionid" not in client.cookies
    assert not User.objects.exists()
    assert google(Client(), signed(provider)).status_code == 200  # the forging itself is right


def hs256(claimed: dict[str, Any], secret: bytes) -> str:
    """As a library would sign that does not look what the secret is."""
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    head, body = (
        jwt.utils.base64url_encode(json.dumps(part).encode())
        for part in ({"alg": "HS256", "kid": "1"}, claimed)
    )
    proof = jwt.utils.base64url_encode(algorithm.sign(head + b"." + body, secret))
    return b".".join((head, body, proof)).decode()


@once
def test_an_address_alone_signs_nobody_in(client: Client, provider: Provider) -> None:
    user = verified_user(email="ada@example.com")
    given = {"google_id": "1815", "email": user.email, "name": "Ada"}
    no_proofs: list[dict[str, Any]] = [{}, {"credential": ""}, {"credential": None}]
    for no_proof in no_proofs:
        answer = post(client, "google", given | no_proof)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["credential"])
    for wrong in ({"credential": ["x"]}, {"credential": "x" * 8193}, {"credential": "x", "role": "admin"}):
        assert post(client, "google", wrong).status_code == 400
    for other in ({"google_id": "1816"}, {"email": "eve@example.com"}):
        assert google(client, provider.id_token({}), **other).json()["code"] == "invalid_id_token"
    assert client.get("/api/auth/user").status_code == 401
    assert not SocialAccount.objects.exists()


def test_an_account_with_that_address_is_linked(provider: Provider) -> None:
    user = verified_user(email="ada@example.com")
    there = Client()
    signed_in(there, user)
    assert google(Client(), provider.id_token({})).json()["user"]["id"] == str(user.pk)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert there.get("/api/auth/user").status_code == 200
    assert b"Google" in there.get("/accounts/3rdparty/").content
    assert there.post("/accounts/oidc/google/login/").status_code == 404  # that takes a secret


@once
@pytest.mark.parametrize("verification", ["optional", "mandatory"])
def test_whoever_took_the_address_before_without_proof_is_out(
    provider: Provider, settings: Settings, verification: str
) -> None:
    user, thief = make_user("ada@example.com"), Client()
    tokens = signed_in(thief, user)
    key = create_key(user=user, name="back door", scopes=["read"])[1]
    other = verified_user(email="eve@example.com")
    EmailAddress.objects.create(user=other, email="bob@example.com")  # and has never proved it
    settings.ACCOUNT_EMAIL_VERIFICATION = verification

    told = google(Client(), provider.id_token({})).json()
    assert (told["user"]["id"], told["user"]["email_verified"]) == (str(user.pk), True)
    assert thief.get("/api/auth/user").status_code == 401
    assert whoami(**bearer(tokens["access_token"])).status_code == 401
    assert Client().get("/api/resources", headers={"X-API-Key": key}).status_code == 401
    assert post(Client(), "login", {"login": user.email, "password": PASSWORD}).status_code == 401

    provider.person |= {"sub": "2", "email": "bob@example.com"}
    assert google(Client(), provider.id_token({})).json()["user"]["id"] not in (str(user.pk), str(other.pk))


@once
def test_closed_accounts_and_second_factors_are_as_at_login(client: Client, provider: Provider) -> None:
    user = verified_user(email="ada@example.com")
    secret = with_totp(user)
    signed_in(client, make_user("eve@example.com"))
    credential = provider.id_token({})
    for code, wanted in (("", "mfa_required"), ("000000", "invalid_code")):
        answer = google(client, credential, code=code)
        assert (answer.status_code, answer.json()["code"]) == (401, wanted)
    assert client.get("/api/auth/user").json()["email"] == "eve@example.com"
    assert google(client, credential, code=code_now(secret)).json()["user"]["id"] == str(user.pk)

    User.objects.filter(pk=user.pk).update(is_active=False)
    answer = google(Client(), provider.id_token({"nonce": "2"}), code=code_now(secret))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


@once
@pytest.mark.parametrize("door", ["ours", "allauth's"])
def test_a_token_signs_in_once_whatever_the_door(provider: Provider, settings: Settings, door: str) -> None:
    app: dict[str, Any] = {"provider_id": "google", "name": "Google", "client_id": CLIENT_ID, "secret": "x"}
    app |= {"settings": {"server_url": provider.url, "email_authentication": True}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}

    def by_allauth(credential: str) -> int:
        token = {"client_id": CLIENT_ID, "id_token": credential}
        body = {"provider": "google", "process": "login", "token": token}
        return int(post(Client(), "app/v1/auth/provider/token", body).status_code)

    credential = provider.id_token({})
    first = google(Client(), credential).status_code if door == "ours" else by_allauth(credential)
    assert first == 200
    assert google(Client(), credential).json()["code"] == "invalid_id_token"
    assert by_allauth(credential) == 400
    for wrong in (hs256(claims(provider), b"x" * 40), signed(provider, kid=None), "nonsense"):
        assert by_allauth(wrong) == 400
    assert by_allauth(signed(provider, email_verified=False)) == 400


@once
def test_without_a_client_id_it_says_so(client: Client, provider: Provider, settings: Settings) -> None:
    settings.GOOGLE_CLIENT_ID = ""
    answer = google(client, provider.id_token({}))
    assert (answer.status_code, answer.json()["code"]) == (400, "not_configured")


@once
def test_guessing_is_limited_like_signing_in(provider: Provider, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    answers = [google(Client(), "x.y.z") for _each in range(3)]
    assert [each.status_code for each in answers] == [401, 401, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


@once
def test_keys_are_asked_for_once_and_anew_for_new_ones(provider: Provider) -> None:
    documents = ["/.well-known/openid-configuration", "/jwks"]
    for nonce in "123":
        assert google(Client(), provider.id_token({"nonce": nonce})).status_code == 200
    assert provider.told == documents
    provider.kid = "new"
    assert google(Client(), provider.id_token({})).status_code == 200
    assert provider.told == documents * 2
    for kid in ("made up", "1"):  # made up by anybody, or no longer valid
        assert google(Client(), signed(provider, kid=kid)).status_code == 401
    assert provider.told == documents * 2  # within a minute nobody makes us ask again


@once
def test_a_provider_that_says_nothing(
    provider: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(id_tokens, "SECONDS", 0.3)
    credential = provider.id_token({})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.OIDC_SERVER_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for most in (1.5, 0.25):  # who comes next does not wait again
            began = monotonic()
            answer = google(Client(), credential)
            assert (answer.status_code, answer.json()["code"]) == (503, "provider_away")
            assert answer.headers["Retry-After"] == "10"
            assert monotonic() - began < most
    settings.OIDC_SERVER_URL = f"{provider.url}/tenant"  # whose issuer is another
    assert google(Client(), credential).status_code == 503
    settings.OIDC_SERVER_URL = provider.url
    assert google(Client(), credential).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_account(provider: Provider) -> None:
    start = threading.Barrier(2)
    credentials = [provider.id_token({"nonce": str(number)}) for number in range(2)]

    def sign_in(credential: str) -> int:
        try:
            start.wait()
            return int(google(Client(), credential).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(sign_in, credentials)) == [200, 200]
    assert SocialAccount.objects.get().user == User.objects.get()
    cache.clear()
