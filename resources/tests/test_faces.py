"""A venue's colour, logo and links: who changes them, what is taken, and how they are sent."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from resources import logos
from resources.enums import Role
from resources.logos import draw_logo, fit_logo
from resources.models import Venue
from resources.tests.api_helpers import send
from resources.tests.test_questions_admin import form_of
from resources.uploads import LOGO
from tests.factories import make_group, make_member, make_resource, make_user, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CLEAR = (0, 0, 0, 0)
DARK, PALE = (20, 40, 90, 255), (250, 250, 240, 255)
Color = tuple[int, ...]


def picture(
    size: tuple[int, int] = (900, 300), color: Color = DARK, kind: str = "PNG", **saved: Any
) -> bytes:
    """A bar of one colour on nothing, or on black where there is no nothing."""
    drawn = Image.new("RGBA", size, CLEAR)
    drawn.paste(color, (size[0] // 9, size[1] // 3, size[0] - size[0] // 9, size[1] - size[1] // 3))
    out = BytesIO()
    (drawn if kind in ("PNG", "WEBP") else drawn.convert("RGB")).save(out, kind, **saved)
    return out.getvalue()


@pytest.fixture
def venue() -> Venue:
    return make_venue()


@pytest.fixture
def manager(client: Client, venue: Venue) -> Client:
    client.force_login(make_member(venue, Role.MANAGER))
    return client


def save(client: Client, venue: Venue, **fields: Any) -> Any:
    address = reverse("admin:resources_venue_change", args=[venue.pk])
    answer = client.post(address, form_of(client, address) | fields)
    venue.refresh_from_db()
    return answer


def errors(answer: Any) -> dict[str, Any]:
    return dict(answer.context["adminform"].form.errors)


def upload(content: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_manager_gives_the_venue_its_face(manager: Client, venue: Venue) -> None:
    links = {name: f"https://cafe.example/{name}" for name in ("privacy_url", "terms_url", "imprint_url")}
    fields = links | {"color": "#B3261E", "embedded_on": "https://cafe.example"}

    answer = save(manager, venue, logo=upload(picture()), **fields)

    assert answer.status_code == 302, errors(answer)
    assert {name: getattr(venue, name) for name in fields} == fields
    assert venue.stylesheet == "/media/colors/b3261e.css"
    latest, before = venue.history.all()[:2]
    assert (before.embedded_on, latest.embedded_on) == ("", "https://cafe.example")
    assert latest.history_user.memberships.get().role == Role.MANAGER


@pytest.mark.parametrize("role", [Role.STAFF, Role.FACILITATOR, "other_manager"])
def test_others_change_nothing_of_it(client: Client, venue: Venue, role: str) -> None:
    user = make_member(make_venue(), Role.MANAGER) if role == "other_manager" else make_member(venue, role)
    client.force_login(user)
    client.post(reverse("admin:resources_venue_change", args=[venue.pk]), {"color": "#b3261e"})
    answer = send(client, "PATCH", f"/api/venues/{venue.uuid}", {"embed_origins": ["https://evil.example"]})
    assert answer.status_code == 403
    venue.refresh_from_db()
    assert (venue.color, venue.embedded_on) == ("", "")


def test_a_logo_is_drawn_anew_and_sent_inert(manager: Client, venue: Venue) -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    assert save(manager, venue, logo=upload(picture(exif=exif), "../my logo.php.png")).status_code == 302

    answer = Client().get(venue.logo.url)

    drawn = Image.open(BytesIO(answer.content))
    assert (drawn.format, drawn.mode, drawn.size) == ("PNG", "RGB", (venue.logo_width, venue.logo_height))
    assert drawn.width <= logos.WIDEST
    assert drawn.height <= logos.HIGHEST
    assert drawn.getpixel((0, 0)) == (255, 255, 255)  # a plate, and not black for nothing
    assert b"where I live" not in answer.content
    assert "php" not in str(venue.logo.name)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert not answer.cookies

    first = venue.logo.name
    save(manager, venue, logo=upload(picture(color=PALE)))
    assert venue.logo.name != first  # browsers keep what they have under a name
    assert Image.open(BytesIO(Client().get(venue.logo.url).content)).getpixel((0, 0)) == (0, 0, 0)
    save(manager, venue, logo=upload(picture(color=(162, 99, 54, 255))))
    assert Image.open(BytesIO(Client().get(venue.logo.url).content)).mode == "RGBA"
    save(manager, venue, **{"logo-clear": "on"})
    assert (venue.logo.name, venue.logo_width) == ("", None)


SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [SCRIPT, b"<html>", b"", picture(kind="GIF"), picture()[:60], picture() + b" " * (2 * 1024 * 1024)],
    ids=["svg", "html", "empty", "gif", "broken", "large"],
)
def test_what_is_no_small_picture_is_refused(manager: Client, venue: Venue, content: bytes) -> None:
    answer = save(manager, venue, logo=upload(content), color="#b3261e")
    assert list(errors(answer)) == ["logo"]
    assert (venue.logo.name, venue.color) == ("", "")


def test_huge_pictures_are_refused_before_they_are_unpacked(
    manager: Client, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.logos.draw_logo", lambda file: pytest.fail("unpacked"))
    side = int(LOGO.most_pixels**0.5) + 1
    answer = save(manager, venue, logo=upload(picture((side, side))))
    assert "10 million pixels" in str(errors(answer)["logo"])


def test_a_logo_that_is_seen_on_light_and_dark_pages_has_no_plate() -> None:
    for color, mode in ((DARK, "RGB"), (PALE, "RGB"), ((162, 99, 54, 255), "RGBA"), (CLEAR, "RGB")):
        logo = draw_logo(BytesIO(picture(color=color)))
        assert Image.open(BytesIO(logo.read())).mode == mode, color


def test_a_picture_without_nothing_stays_whole() -> None:
    logo = draw_logo(BytesIO(picture((100, 50), kind="JPEG")))
    assert (logo.width, logo.height) == (100, 50)
    assert draw_logo(BytesIO(picture((100, 50), CLEAR))).width == 100


@pytest.mark.parametrize(
    ("stored", "shown"),
    [((480, 80), (144, 24)), ((144, 144), (36, 36)), ((20, 144), (5, 36)), ((None, None), (36, 36))],
)
def test_logos_are_shown_small(stored: tuple[int | None, int | None], shown: tuple[int, int]) -> None:
    assert fit_logo(*stored) == shown


def test_the_logo_of_a_closed_venue_is_its_peoples(manager: Client, venue: Venue) -> None:
    save(manager, venue, logo=upload(picture()))
    Venue.objects.filter(pk=venue.pk).update(is_active=False)
    stranger = Client()
    stranger.force_login(make_user())
    assert [each.get(venue.logo.url).status_code for each in (Client(), stranger, manager)] == [404, 404, 200]
    assert Client().get("/media/venues/%00.png").status_code == 404


def test_a_logo_that_was_replaced_or_removed_leaves_the_disk(
    manager: Client, venue: Venue, django_capture_on_commit_callbacks: Any
) -> None:
    save(manager, venue, logo=upload(picture()))
    first = str(venue.logo.name)
    with django_capture_on_commit_callbacks(execute=True):
        assert "color" in errors(save(manager, venue, logo=upload(picture()), color="red"))
    assert default_storage.exists(first)
    with django_capture_on_commit_callbacks(execute=True):
        save(manager, venue, logo=upload(picture(color=PALE)))
    assert (default_storage.exists(first), default_storage.exists(str(venue.logo.name))) == (False, True)
    second = str(venue.logo.name)
    with django_capture_on_commit_callbacks(execute=True):
        save(manager, venue, **{"logo-clear": "on"})
    assert not default_storage.exists(second)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "/privacy", "a.example"]
)
def test_links_lead_to_web_pages(manager: Client, venue: Venue, address: str) -> None:
    fields = dict.fromkeys(("privacy_url", "terms_url", "imprint_url"), address)
    assert errors(save(manager, venue, **fields)).keys() == fields.keys()
    answer = send(manager, "PATCH", f"/api/venues/{venue.uuid}", fields)
    assert (answer.status_code, answer.json()["fields"].keys()) == (400, fields.keys())


@pytest.mark.parametrize("color", ["red", "#fff", "#12345g", "0f5c4a", "#0f5c4a;"])
def test_colours_are_six_digits(manager: Client, venue: Venue, color: str) -> None:
    assert list(errors(save(manager, venue, color=color))) == ["color"]
    answer = send(manager, "PATCH", f"/api/venues/{venue.uuid}", {"color": color})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["color"])


def test_the_api_shows_and_changes_the_face(manager: Client, venue: Venue) -> None:
    save(manager, venue, logo=upload(picture()))
    websites = ["https://cafe.example", "https://www.cafe.example"]
    change = {"color": "#b3261e", "embed_origins": websites, "imprint_url": "https://cafe.example/imprint"}

    answer = send(manager, "PATCH", f"/api/venues/{venue.uuid}", change).json()

    assert {name: answer[name] for name in change} == change
    assert answer["logo"]["url"].endswith(venue.logo.url)
    assert (answer["logo"]["width"], answer["logo"]["height"]) == (venue.logo_width, venue.logo_height)
    assert answer["links"]["embed"].endswith(f"/embed/{venue.slug}/")
    for wrong in ("http://cafe.example", "https://*.example", "https://cafe.example/page", "*"):
        refused = send(manager, "PATCH", f"/api/venues/{venue.uuid}", {"embed_origins": [wrong]})
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["embed_origins"]), wrong


def test_a_stylesheet_belongs_to_its_colour(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/media/colors/b3261e.css")
    assert "--brand:#b3261e" in answer.content.decode()
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert not answer.cookies
    assert client.get("/media/colors/B3261E.css").content == answer.content
    for color in ("red", "fff", "b3261e0", "12345g", "%00", "%23b326"):
        assert client.get(f"/media/colors/{color}.css").status_code == 404, color


@pytest.mark.parametrize("model", ["venue", "resource", "resourcegroup"])
def test_links_codes_and_lines_to_share(client: Client, model: str) -> None:
    room = make_resource(slug="blue-room")
    rows: dict[str, Any] = {"venue": room.venue, "resource": room, "resourcegroup": make_group([room])}
    row = rows[model]
    address = reverse(f"admin:resources_{model}_share", args=[row.pk])
    client.force_login(make_member(room.venue, Role.STAFF))

    page = client.get(address).content.decode()

    link = {"venue": f"/?venue={room.venue.slug}", "resource": f"/resources/{room.uuid}/"}
    assert link.get(model, f"/groups/{row.uuid}/") in page
    assert f"data-venue=&quot;{room.venue.slug}&quot;" in page
    assert ("data-place" in page) == (model != "venue")
    assert "lists none yet" in page
    code = client.get(reverse(f"admin:resources_{model}_qr", args=[row.pk]))
    assert code.headers["Content-Type"] == "image/svg+xml"
    assert code.content.startswith(b"<svg")
    change = reverse(f"admin:resources_{model}_change", args=[row.pk])
    assert address in client.get(change).content.decode()

    client.force_login(make_member(make_venue(), Role.MANAGER))
    assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).status_code == 302
