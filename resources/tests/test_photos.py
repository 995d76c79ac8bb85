"""Photos are served as pictures and nothing else, to those who may see the resource."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from resources import photos
from resources.models import Resource
from tests.factories import make_group, make_member, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def picture(
    size: tuple[int, int] = (1600, 1000), kind: str = "JPEG", color: str = "#2f7d62", **options: Any
) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, color).save(out, kind, **options)
    return out.getvalue()


def with_photo(content: bytes, name: str = "hall.jpg", **fields: Any) -> Resource:
    stored = default_storage.save(f"resources/{name}", ContentFile(content))
    return make_resource(photo=stored, photo_alt="A hall", **fields)


def opened(response: Any) -> Image.Image:
    return Image.open(BytesIO(response.content))


def color_at(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    color = picture.getpixel((x, y))
    assert isinstance(color, tuple)
    return color


def test_a_photo_comes_in_two_sizes_without_its_metadata(client: Client) -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    resource = with_photo(picture(exif=exif))

    large, small = (client.get(resource.photo.url + query) for query in ("", "?size=small"))

    assert opened(large).size == (1200, 750)
    assert opened(small).size == (480, 300)
    assert b"where I live" not in large.content
    assert len(small.content) < len(large.content)


def test_a_photo_goes_with_the_last_place_that_shows_it(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    resource = with_photo(picture())
    other = make_resource(photo=resource.photo.name)
    assert client.get(resource.photo.url).status_code == 200
    name = str(resource.photo.name)
    drawn = f"renditions/1200/{name}.webp"

    with django_capture_on_commit_callbacks(execute=True):
        resource.delete()
    assert [default_storage.exists(each) for each in (name, drawn)] == [True, True]
    with django_capture_on_commit_callbacks(execute=True):
        other.delete()
    assert [default_storage.exists(each) for each in (name, drawn)] == [False, False]


def test_it_is_sent_inert_and_may_be_kept(client: Client) -> None:
    response = client.get(with_photo(picture()).photo.url)

    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Cache-Control"].startswith("public, max-age=")


def test_it_is_drawn_once(client: Client) -> None:
    resource = with_photo(picture())
    first = client.get(resource.photo.url).content
    default_storage.delete(str(resource.photo.name))

    assert client.get(resource.photo.url).content == first


def test_what_is_no_picture_is_not_sent(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    page = with_photo(b"<script>alert(1)</script>", "page.jpg")
    broken = with_photo(picture()[:200], "broken.jpg")
    gone = make_resource(photo="resources/gone.jpg")
    huge = with_photo(picture((300, 300)), "huge.jpg")
    monkeypatch.setattr(photos, "MOST_PIXELS", 299 * 300)

    for resource in (page, broken, gone, huge):
        assert client.get(resource.photo.url).status_code == 404


def test_only_photos_of_what_one_may_see(client: Client) -> None:
    hidden = with_photo(picture(), "hidden.jpg", is_active=False)
    stray = default_storage.save("letters/secret.jpg", ContentFile(picture()))

    assert client.get(hidden.photo.url).status_code == 404
    assert client.get(f"/media/{stray}").status_code == 404
    client.force_login(make_user())
    assert client.get(hidden.photo.url).status_code == 404
    client.force_login(make_member(hidden.venue))
    shown = client.get(hidden.photo.url)
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("name", ["../settings.py", "%2e%2e/x", "resources/%00.jpg", "x" * 500, "resources/"])
def test_odd_names_are_not_found(client: Client, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_unknown_sizes_and_other_methods_are_refused(client: Client) -> None:
    resource = with_photo(picture())
    assert client.get(f"{resource.photo.url}?size=9999").status_code == 404
    assert client.post(resource.photo.url).status_code == 405


def test_pages_show_the_photo_or_a_placeholder(client: Client) -> None:
    resource = with_photo(picture())
    html = client.get("/", {"q": resource.name, "days": "7"}).content.decode()
    image = " ".join(html[html.index("<img") :].split())
    assert f'src="{resource.photo.url}?size=small" alt="A hall" width="480" height="300"' in image
    plain = make_resource()
    assert "photo-none" in client.get("/", {"q": plain.name, "days": "7"}).content.decode()


def test_a_group_looks_like_its_members(client: Client) -> None:
    red = with_photo(picture(color="red"), "red.jpg")
    blue = with_photo(picture(color="blue"), "blue.jpg", venue=red.venue)
    gone = with_photo(picture(color="lime"), "lime.jpg", venue=red.venue, is_active=False)
    same = make_resource(red.venue, photo=red.photo.name)
    group = make_group([red, same, gone, blue])
    address = f"/media/groups/{group.uuid}.webp"

    collage = opened(client.get(f"{address}?size=small")).convert("RGB")

    assert collage.size == (480, 300)
    left, right = color_at(collage, 100, 150), color_at(collage, 400, 150)
    assert left[0] > 200 > left[2]
    assert right[2] > 200 > right[0]
    assert address in client.get(f"/groups/{group.uuid}/").content.decode()
    assert client.get(f"{address}?size=9999").status_code == 404


def test_a_group_without_photos_has_a_clear_one(client: Client) -> None:
    broken = with_photo(b"no picture", "none.jpg")
    group = make_group([broken])
    answer = client.get(f"/media/groups/{group.uuid}.webp")
    assert answer.headers["Content-Type"] == "image/webp"
    assert color_at(opened(answer).convert("RGBA"), 0, 0)[3] == 0
    type(group).objects.filter(pk=group.pk).update(is_listed=False)
    assert client.get(f"/media/groups/{group.uuid}.webp").status_code == 404
