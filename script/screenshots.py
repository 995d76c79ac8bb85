"""Takes pictures of every booking page of a running demo server: see script/screenshots."""

import sys
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}


def walk(page: Page, base: str, folder: Path, kind: str) -> None:
    """Books, moves and cancels like a visitor, with a picture of each page."""

    def picture(name: str) -> None:
        page.screenshot(path=folder / f"{name}-{kind}.png", full_page=True)

    page.goto(f"{base}/")
    picture("find")
    page.goto(f"{base}/?party_size=9999")
    picture("nothing-found")
    page.goto(f"{base}/?kind=room")
    page.locator("a.time").last.click()
    picture("day")
    day = page.url
    wanted = page.locator("button.slot").last
    time = wanted.locator("time").first.inner_text()
    wanted.click()
    picture("details")
    page.get_by_role("button", name="Book it").click()
    picture("details-errors")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_role("button", name="Book it").click()
    picture("manage")
    manage = page.url
    page.get_by_role("link", name="Change the time").click()
    page.locator("a.slot").first.click()
    picture("reschedule")
    page.goto(day)
    page.get_by_role("link", name="Join the waitlist").click()
    picture("waitlist-join")
    page.get_by_label("Not before").fill(time)
    page.get_by_label("Start no later than").fill(time)
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("E-mail address").fill(f"{kind}@example.com")
    page.get_by_role("button", name="Join the waitlist").click()
    picture("waitlist-place")
    place = page.url
    page.goto(f"{manage}cancel/")
    picture("cancel")
    page.get_by_role("button", name="Cancel the booking").click()
    picture("cancelled")
    page.goto(place)
    picture("waitlist-offer")
    page.get_by_role("button", name="No, thanks").click()
    picture("waitlist-declined")
    for name, address in (("login", "/accounts/login/"), ("not-found", "/nothing/")):
        page.goto(base + address)
        picture(name)


def main() -> None:
    base, chromium, folder = sys.argv[1].rstrip("/"), sys.argv[2], Path(sys.argv[3])
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
                walk(context.new_page(), base, folder, f"{size}-{scheme}")
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
