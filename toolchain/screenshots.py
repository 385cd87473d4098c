"""`make screenshots`: the pictures of the README, taken from the pages of a running `make run`."""

from __future__ import annotations

import re
import sys

from playwright.sync_api import Page, expect, sync_playwright

from schuldhulp.config import load_settings
from toolchain.environment import PROJECT
from toolchain.tests import chromium

FOLDER = PROJECT / "docs" / "images"
WIDE = {"width": 1366, "height": 900}
PHONE = {"width": 390, "height": 844}
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def log_in(page: Page, address: str, way: str, who: str) -> None:
    """Log in at the simulator."""
    page.goto(address)
    page.get_by_role("button", name=way).click()
    page.get_by_role("button", name=re.compile(who)).first.click()
    expect(page.get_by_role("button", name="Uitloggen")).to_be_visible(timeout=60_000)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page has been drawn to its end."""
    page.wait_for_function(
        """() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning"
            && !document.querySelector('[data-stale="true"]')"""
    )


def main() -> int:
    """Take the pictures; return the exit code."""
    program = chromium()
    if program is None:
        print("Chromium is missing. On Debian: apt-get install chromium", file=sys.stderr)
        return 1
    address = load_settings().cockpit_url
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for name, size in (("resident", WIDE), ("resident-phone", PHONE)):
            page = browser.new_context(viewport=size, locale="nl-NL").new_page()
            log_in(page, address, "Inloggen met DigiD", r"H\. de Vries")
            page.screenshot(path=FOLDER / f"{name}.png")
        page = browser.new_context(viewport=WIDE, locale="nl-NL").new_page()
        log_in(page, address, "Inloggen als medewerker", "Mehmet Bakker")
        page.screenshot(path=FOLDER / "clients.png")
        page.get_by_role("link", name=re.compile(r"H\. de Vries")).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("de Vries", timeout=60_000)
        settle(page)
        page.screenshot(path=FOLDER / "dossier.png")
        browser.close()
    print(f"pictures are in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
