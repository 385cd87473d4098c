"""The pages as people see them: a whole installation, and Chromium."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.support.installation import Running, copied

CHROMIUM = os.environ.get("SCHULDHULP_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 60_000
"""Milliseconds after which a page is taken to hang; nothing is expected to take so long."""
SIZES = {"wide": (1366, 900), "phone": (390, 844)}

RESIDENT = re.compile(r"K\. Veenstra")
CASEWORKER = re.compile(r"Sanne Visser")
FILE_NUMBER = "DEMO-002"
"""The dossier of that resident, in the caseload of that caseworker."""


class Visitor:
    """Somebody at a browser.

    Args:
        context: a browser of her own.
        address: of the cockpit.
    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self._note(request.url))
        # Streamlit looks for its own server below the page's path first; that answer is expected.
        self.page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" and "404" not in said.text else None,
        )

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.foreign.append(url)

    def settle(self) -> None:
        """Wait until the page has been drawn to its end."""
        self.page.wait_for_function(
            """() => {
                const app = document.querySelector('[data-testid="stApp"]');
                return app?.dataset.testScriptState === "notRunning" && !document.querySelector('[data-stale="true"]');
            }"""
        )

    def open(self, path: str = "/") -> None:
        """Open an address as if it was typed."""
        self.page.goto(self.address + path)
        expect(self.page.locator("h1")).to_be_visible(timeout=PATIENCE)
        self.settle()

    def log_in(self, way: str, who: re.Pattern[str]) -> None:
        """Log in through the relay at the simulator."""
        self.open()
        self.page.get_by_role("button", name=way).click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("alleen voor test")
        self.page.get_by_role("button", name=who).first.click()
        expect(self.page.get_by_role("button", name="Uitloggen")).to_be_visible(timeout=PATIENCE)
        self.settle()

    def follow(self, name: str | re.Pattern[str], heading: str | re.Pattern[str]) -> None:
        """Follow a link and wait for the heading of the page that it leads to."""
        self.page.get_by_role("link", name=name).first.click()
        self.sees(heading)

    def press(self, name: str | re.Pattern[str], heading: str | re.Pattern[str]) -> None:
        """Press a button and wait for a heading."""
        self.page.get_by_role("button", name=name).first.click()
        self.sees(heading)

    def sees(self, heading: str | re.Pattern[str]) -> None:
        """Wait for a heading."""
        expect(self.page.get_by_role("heading", name=heading).first).to_be_visible(timeout=PATIENCE)
        self.settle()

    def reads(self, text: str | re.Pattern[str]) -> None:
        """Wait for a text."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)

    def choose(self, label: str, option: str | re.Pattern[str]) -> None:
        """Choose from a list. It closes when the page scrolls under it, so it is opened again until it stays."""
        field = self.page.get_by_role("combobox", name=label, exact=True)
        field.scroll_into_view_if_needed()
        wanted = self.page.get_by_role("option", name=option)
        for _ in range(30):
            field.focus()
            if field.get_attribute("aria-expanded") != "true":
                self.page.keyboard.press("ArrowDown")
            try:
                wanted.click(timeout=2_000)
            except PlaywrightTimeoutError:
                continue
            expect(field).to_have_attribute("aria-expanded", "false")
            return
        pytest.fail(f"the list {label} never stayed open")

    def whole_page(self) -> None:
        """Make the window as high as the page, so that nothing is out of sight."""
        size = self.page.viewport_size or {"width": 1366}
        height = self.page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": min(max(int(height) + 50, 900), 12_000)})


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, for all tests."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture(scope="module")
def installation(loaded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Everything running on a copy of the demonstration; it stops before another file takes the same ports."""
    with copied(loaded.folder, loaded.ports, tmp_path_factory.mktemp("browser") / "var") as found:
        found.prepare_chain()
        found.start_evaluator()
        found.start_relay()
        found.parts.start_worker()
        found.parts.start_cockpit()
        yield found


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    """Each size of window in turn."""
    return str(request.param)


@pytest.fixture
def visitor(browser: Browser, installation: Running) -> Iterator[Callable[..., Visitor]]:
    """Somebody at a browser of her own; nothing may be asked of another host."""
    opened: list[tuple[BrowserContext, Visitor]] = []

    def visit(size: str = "wide") -> Visitor:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, locale="nl-NL")
        found = Visitor(context, installation.settings.cockpit_url)
        opened.append((context, found))
        return found

    yield visit
    for context, found in opened:
        context.close()
        assert found.foreign == []
        assert found.complaints == []
