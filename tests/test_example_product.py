"""A product as docs/extending.md describes it: registered, it is told of, heard, exported and erased."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client

from accounts import privacy
from accounts.models import User
from accounts.services.closing import close_account
from calendars.kinds import kinds as feed_kinds
from calendars.kinds import managed_pages
from calendars.models import CalendarFeed
from calendars.permissions import is_readable
from common import clock
from common.periodic import jobs
from common.registry import Registry
from live.kinds import kinds as change_kinds
from notifications.kinds import kinds, topics
from notifications.models import Message
from notifications.services.delivering import deliver_due
from reservations.domain.values import Customer
from resources.models import Venue, VenueMembership
from tests.example_product.pages import REGISTRIES as PAGE_REGISTRIES
from tests.factories import book, make_member, make_resource, make_user, make_venue
from webhooks.events import events
from webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db(transaction=True)
REGISTRIES: tuple[Registry[Any], ...] = (
    *(kinds, topics, events, change_kinds, feed_kinds),
    *(privacy.parts, jobs),
    *PAGE_REGISTRIES,
)


@pytest.fixture(autouse=True)
def product() -> Iterator[Any]:
    """Installed for one test, its table included, as ``INSTALLED_APPS`` would."""
    from tests.example_product.apps import ExampleConfig

    before = [registry.items() for registry in REGISTRIES]
    # It lends, too: what is lent leads to one page.
    for name in managed_pages.names():
        managed_pages.unregister(name)
    config = ExampleConfig("tests.example_product", import_module("tests.example_product"))
    config.apps = apps
    apps.app_configs[config.label] = config
    config.import_models()
    umbrellas = config.get_model("Umbrella")
    with connection.schema_editor() as editor:
        editor.create_model(umbrellas)
    try:
        config.ready()
        yield import_module("tests.example_product.services")
    finally:
        for registry, items in zip(REGISTRIES, before, strict=True):
            _restore(registry, dict(items))
        with connection.schema_editor() as editor:
            editor.delete_model(umbrellas)
        del apps.app_configs[config.label]
        apps.clear_cache()


def _restore(registry: Registry[Any], items: dict[Any, Any]) -> None:
    for name in set(registry.names()) - items.keys():
        registry.unregister(name)
    for name in items.keys() - set(registry.names()):
        registry.register(name, items[name])


@pytest.fixture
def venue() -> Venue:
    venue = make_venue()
    WebhookEndpoint.objects.create(venue=venue, url="https://crm.example/hook", events=["umbrella.lent"])
    return venue


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com", first_name="Ada", last_name="Quillfeather")


@pytest.mark.once
def test_its_message_is_delivered_while_it_is_still_true(product: Any, venue: Venue, ada: User) -> None:
    product.lend(venue=venue, customer=ada)
    while deliver_due(now=clock.now()):
        pass
    (sent,) = mail.outbox
    assert sent.subject == "Yours: Umbrella"
    assert "/secret/" in sent.body
    assert "/secret/" not in Message.objects.get().text

    product.lend(venue=venue, customer=ada)
    jobs["example_product.take_back"].perform(clock.now())
    while deliver_due(now=clock.now()):
        pass
    assert len(mail.outbox) == 1
    assert Message.objects.filter(status="cancelled", last_error="It is back.").count() == 1


@pytest.mark.once
def test_other_programs_hear_of_it(product: Any, venue: Venue, ada: User) -> None:
    umbrella = product.lend(venue=venue, customer=ada)

    told = WebhookDelivery.objects.get()
    assert told.payload == {"type": "umbrella.lent", "data": umbrella.payload}


@pytest.mark.once
def test_only_whoever_may_hears_of_it(product: Any, venue: Venue, ada: User) -> None:
    staff, stranger = make_member(venue), make_user("eve@example.com")
    query = {ada: {"mine": "1"}, staff: {"venue": venue.slug}, stranger: {"venue": venue.slug, "mine": "1"}}
    clients = {user: Client() for user in query}
    begun = {}
    for user, client in clients.items():
        client.force_login(user)
        begun[user] = client.get("/api/changes", query[user]).json()["last_id"]

    umbrella = product.lend(venue=venue, customer=ada)

    heard = {
        user: client.get("/api/changes", query[user] | {"after": begun[user]}).json()["changes"]
        for user, client in clients.items()
    }
    change = {"type": "umbrella", "venue": str(venue.uuid), "id": str(umbrella.pk)}
    assert heard == {ada: [change], staff: [change], stranger: []}


def test_it_is_exported_and_erased(product: Any, venue: Venue, ada: User) -> None:
    umbrella = product.lend(venue=venue, customer=ada)
    assert privacy.build_document(ada)["umbrellas"] == [umbrella.payload]

    close_account(user=ada)

    umbrella.refresh_from_db()
    assert umbrella.customer_name == ""
    assert not Message.objects.exclude(recipient="").exists()
    assert WebhookDelivery.objects.get().payload["data"]["customer_info"] == {"name": ""}


def test_its_calendar_feed_is_made_and_read(product: Any, ada: User) -> None:
    room = make_resource()
    book(room, customer=Customer.from_user(ada))
    member, stranger = make_member(room.venue), make_user("eve@example.com")
    client = Client()
    client.force_login(member)
    wanted = {"kind": "umbrellas", "venue": room.venue.slug}

    made = client.post("/api/feeds", wanted, content_type="application/json")
    assert (made.status_code, made.json()["kind"]) == (201, "umbrellas")
    assert "Umbrellas of" in client.get("/account/calendars/").content.decode()
    address = made.json()["url"].removeprefix(settings.SITE_URL)
    read = Client()
    assert b"BEGIN:VEVENT" not in b"".join(read.get(address))
    product.lend(venue=room.venue, customer=ada)
    assert b"".join(read.get(address)).count(b"BEGIN:VEVENT") == 1

    client.force_login(stranger)
    assert client.post("/api/feeds", wanted, content_type="application/json").status_code == 403
    VenueMembership.objects.get(user=member).delete()
    assert read.get(address).status_code == 404


def test_the_feeds_of_an_app_that_is_gone_are_closed(product: Any, venue: Venue) -> None:
    member = make_member(venue)
    feed = CalendarFeed.objects.create(owner=member, kind="umbrellas", venue=venue)
    assert is_readable(feed)
    kind = feed_kinds["umbrellas"]
    feed_kinds.unregister("umbrellas")
    try:
        assert not is_readable(feed)
    finally:
        feed_kinds.register("umbrellas", kind)
