"""Takes pictures of every page of a running demo server: see script/screenshots."""

import os
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
TOMORROW = date.today() + timedelta(days=1)  # noqa: DTZ011  (what is open then, the server says)
GUEST_PAGES = {
    "find": "/",
    "found": "/?days=7&part=morning&kind=room",
    "nothing-found": "/?party_size=9999",
    "wrong-search": "/?party_size=0&date=never",
    "cart-empty": "/cart/",
    "calendar-day": "/calendar/day/{day}/",
    "calendar-week": "/calendar/week/{day}/",
    "calendar-month": "/calendar/month/{day}/",
    "calendar-timeline-guest": "/calendar/timeline/{day}/",
    "calendar-list": "/calendar/day/{day}/?show=list",
    "lend": "/lend/",
    "lend-venue": "/lend/?venue=werkstatt-am-kanal",
    "lend-thing": "/lend/werkstatt-am-kanal/laptops/",
    "lend-queue": "/lend/werkstatt-am-kanal/printer-3d/",
    "lend-group": "/lend/werkstatt-am-kanal/any-test-bench/",
    "login": "/accounts/login/",
    "signup": "/accounts/signup/",
    "password-reset": "/accounts/password/reset/",
    "find-my-booking": "/find-my-booking/",
    "api-docs": "/api/docs/",
    "not-found": "/nothing/",
}
STAFF_PAGES = {
    "admin": "/admin/",
    "admin-resource": "/admin/resources/resource/add/",
    "admin-venues": "/admin/resources/venue/",
    "admin-messages": "/admin/notifications/message/",
    "admin-template": "/admin/notifications/messagetemplate/add/",
    "admin-webhook": "/admin/webhooks/webhookendpoint/add/",
    "admin-waitlist": "/admin/waitlist/waitlistentry/",
    "admin-waitlist-add": "/admin/waitlist/waitlistentry/add/",
    "admin-calendar": "/admin/calendars/externalcalendar/add/",
    "calendar-staff-day": "/calendar/day/{day}/",
    "calendar-staff-month": "/calendar/month/{day}/",
    "calendar-timeline": "/calendar/timeline/{day}/",
    "calendar-new": "/calendar/new/",
    "admin-reservations": "/admin/reservations/reservation/",
    "lend-desk": "/lend/desk/werkstatt-am-kanal/",
    "lend-desk-things": "/lend/desk/werkstatt-am-kanal/things/",
    "lend-desk-fairness": "/lend/desk/werkstatt-am-kanal/fairness/",
    "lend-desk-use": "/lend/desk/werkstatt-am-kanal/use/",
    "lend-desk-labels": "/lend/desk/werkstatt-am-kanal/labels/",
    "admin-loans": "/admin/lending/loan/",
    "admin-lending-rules": "/admin/lending/lendingrules/",
    "admin-copies": "/admin/lending/copy/",
}
ALL_PICTURES = """() => Promise.all([...document.images].map(each => {
    each.loading = "eager";
    return each.decode().catch(() => null);
}))"""
SLOW = {"#planner:visible": ".ec-event", "#swagger-ui": ".info"}
"""Parts of pages that are there later than the page, and what is in them then."""
OWN_PAGES = {
    "my-bookings": "/my/",
    "my-past-bookings": "/my/?show=past",
    "my-waitlist": "/waitlist/",
    "calendars": "/account/calendars/",
    "lend-mine": "/lend/mine/",
    "lend-own-place": "/lend/werkstatt-am-kanal/printer-3d/",
    "lend-dates": "/lend/werkstatt-am-kanal/cargo-trike/",
    "lend-wall": "/lend/board/werkstatt-am-kanal/",
    "account": "/account/",
    "profile": "/account/profile/",
    "api-keys": "/account/keys/",
    "own-data": "/account/data/",
    "close-account": "/account/delete/",
    "calendar-mine": "/calendar/week/{day}/?mine=1",
    "email": "/accounts/email/",
    "password": "/accounts/password/change/",
    "second-factor": "/accounts/2fa/",
    "authenticator": "/accounts/2fa/totp/activate/",
    "passkeys": "/accounts/2fa/webauthn/",
    "devices": "/accounts/sessions/",
    "connected": "/accounts/3rdparty/",
}


@dataclass
class Walk:
    """A visitor who takes a picture of each page; ``kind`` names screen and colours."""

    page: Page
    base: str
    folder: Path
    kind: str

    def first_time(self, kind: str) -> tuple[str, str]:
        """The place of a kind that can be booked first from tomorrow on, and that day: on any weekday."""
        address = f"{self.base}/api/first-available?from={TOMORROW}&kind={kind}"
        # The server may just have closed the connection that was kept.
        first = self.page.request.get(address, max_retries=3).json()["results"][0]
        return f"/resources/{first['resource']['id']}/", first["start"][:10]

    def picture(self, name: str, address: str = "") -> None:
        if address:
            self.page.goto(self.base + address)
        for slow in SLOW:  # drawn by scripts, from what they fetch
            if self.page.locator(slow).count():
                self.page.locator(f"{slow} {SLOW[slow]}").first.wait_for()
        self.page.evaluate(ALL_PICTURES)
        self.page.screenshot(path=self.folder / f"{name}-{self.kind}.png", full_page=True)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def look(self) -> None:
        """Pages that need nothing before."""
        self.pages_of(GUEST_PAGES)
        stay, arrival = self.first_time("lodging")
        self.picture("stay", f"{stay}?date={arrival}")
        room, day = self.first_time("room")
        self.picture("repeat", f"{room}repeat/?date={day}")
        self.page.get_by_label("Start").fill("10:00")
        self.press("Review dates")
        self.picture("repeat-dates")

    def book(self) -> tuple[str, str, str]:
        """Books the last free time; returns the day's and the booking's address, and the time."""
        room, on = self.first_time("room")
        day = f"{self.base}{room}?date={on}"
        self.picture("day", f"{room}?date={on}")
        wanted = self.page.locator("button.slot").last
        time = (wanted.get_attribute("value") or "")[11:16]
        wanted.click()
        self.picture("details")
        details = self.page.url
        self.picture("cart", "/cart/")
        self.page.goto(details)
        self.press("Confirm booking")
        self.picture("details-errors")
        self.page.get_by_label("Your name").fill("Ada Lovelace")
        self.page.get_by_label("Email address").fill("ada@example.com")
        self.press("Confirm booking")
        self.picture("manage")
        booking = self.page.url
        self.picture("ticket", f"{booking.removeprefix(self.base)}ticket/")
        self.page.goto(booking)
        return day, booking, time

    def reschedule(self) -> None:
        self.page.get_by_role("link", name="Change time").click()
        self.picture("reschedule")
        self.page.locator("a.slot").first.click()
        self.picture("reschedule-confirm")

    def wait(self, day: str, time: str) -> str:
        """Joins the waitlist for the time; returns the address of the place."""
        self.page.goto(day)
        self.page.get_by_role("link", name="Join waitlist", exact=True).click()
        self.picture("waitlist-join")
        self.press("Join waitlist")
        self.picture("waitlist-join-errors")
        self.page.get_by_label("Earliest start").fill(time)
        self.page.get_by_label("Latest start").fill(time)
        self.page.get_by_label("Your name").fill("Grace Hopper")
        self.page.get_by_label("Email address").fill(f"{self.kind}@example.com")
        self.press("Join waitlist")
        self.picture("waitlist-place")
        return self.page.url

    def cancel(self, booking: str) -> None:
        self.picture("receipt", f"{booking.removeprefix(self.base)}receipt/")
        self.picture("edit", f"{booking.removeprefix(self.base)}edit/")
        self.page.goto(f"{booking}cancel/")
        self.picture("cancel")
        self.press("Cancel booking")
        self.picture("cancelled")

    def answer(self, place: str) -> None:
        """The offer is made by the server's workers, a moment after the cancellation."""
        offer = self.page.get_by_role("button", name="Decline and keep waiting")
        for _second in range(30):
            self.page.goto(place)
            if offer.count():
                break
            self.page.wait_for_timeout(1000)
        self.picture("waitlist-offer")
        self.press("Decline and keep waiting")
        self.picture("waitlist-declined")
        self.press("Leave waitlist")
        self.picture("waitlist-left")

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto(f"{self.base}/accounts/login/")
        self.page.get_by_label("Email or user name").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_load_state()

    def pages_of(self, pages: dict[str, str]) -> None:
        _place, day = self.first_time("room")
        for name, address in pages.items():
            self.picture(name, address.format(day=day))


def walk(visitor: Walk, password: str) -> None:
    """Books, waits, moves and cancels like a visitor; then looks at what is one's own, and staff's."""
    visitor.look()
    day, booking, time = visitor.book()
    visitor.reschedule()
    place = visitor.wait(day, time)
    visitor.cancel(booking)
    visitor.answer(place)
    if password:
        visitor.sign_in("customer@demo.example", password)
        visitor.pages_of(OWN_PAGES)
        visitor.page.context.clear_cookies()
        visitor.sign_in("manager@demo.example", password)
        visitor.pages_of(STAFF_PAGES)


def main() -> None:
    base, chromium, folder = sys.argv[1].rstrip("/"), sys.argv[2], Path(sys.argv[3])
    password = os.environ.get("HOLDFAST_DEMO_PASSWORD", "")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for size, viewport in SIZES.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport=viewport,
                    color_scheme="dark" if scheme == "dark" else "light",
                    locale="en-GB",
                )
                walk(Walk(context.new_page(), base, folder, f"{size}-{scheme}"), password)
                context.close()
            context = browser.new_context(viewport=viewport, locale="de-DE")
            Walk(context.new_page(), base, folder, f"{size}-german").pages_of(GUEST_PAGES)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
