"""A browser window with a critical eye: every page it looks at is checked for access, overflow, errors and strangers."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # at run time the fixture `chromium` says what is missing, so that a machine without it can skip
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, ViewportSize

PHONE: ViewportSize = {"width": 360, "height": 800}
NARROW: ViewportSize = {"width": 320, "height": 800}
_OVERFLOW = """() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
 [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
 .slice(0, 3).map(e => e.outerHTML.slice(0, 120))]"""


class Window:
    """One person's browser: a context of its own with one page. Closed by `with`."""

    def __init__(self, browser: Browser, url: str, *, js: bool = True, **options: Any) -> None:
        wanted: dict[str, Any] = {"locale": "zh-CN", "viewport": PHONE, "timezone_id": "Asia/Shanghai"} | options
        self.url, self.js, self.faults = url, js, list[str]()
        self.context: BrowserContext = browser.new_context(java_script_enabled=js, **wanted)
        self.context.set_default_timeout(10_000)
        self.context.on("request", self._requested)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_why: object) -> None:
        self.context.close()

    def open(self, path: str) -> None:
        """Go to an address of the app."""
        self.page.goto(path if path.startswith("http") else self.url + path)

    def words(self) -> str:
        """What is to be read in the page's main part, with white space folded."""
        return " ".join(self.page.locator("body").inner_text().replace("\u00a0", " ").split())

    def shows(self, *wanted: str) -> None:
        """Each of these stands on the page; fails with the page's text."""
        here = self.words()
        missing = [text for text in wanted if text not in here]
        assert not missing, f"{missing} not on {self.page.url}: {here[:1500]}"

    def field(self, name: str) -> Locator:
        """The input, select or text area of this name."""
        return self.page.locator(f"[name={name}]:not([type=hidden])")

    def fill(self, **values: str) -> None:
        """Type into fields by their names; a select takes its option's value."""
        for name, value in values.items():
            found = self.field(name)
            if found.evaluate("e => e.tagName") == "SELECT":
                found.select_option(value)
            else:
                found.fill(value)

    def choose(self, name: str, value: str) -> None:
        """Tick the radio or check box through its visible label."""
        box = self.page.locator(f"[name={name}][value='{value}']")
        if not box.is_checked():
            self.page.locator(f"label:has([name={name}][value='{value}'])").click()
        assert box.is_checked(), f"{name} is not {value}"

    def press(self, label: str) -> None:
        """Press the button or link that reads so."""
        pattern = re.compile(rf"^\s*{re.escape(label)}")
        where = self.page.locator("main, header, nav")
        found = where.get_by_role("button", name=pattern).or_(where.get_by_role("link", name=pattern))
        found.first.click()
        self.page.wait_for_load_state()

    def download(self, label: str) -> bytes:
        """What a download link gives."""
        with self.page.expect_download() as waiting:
            self.page.locator("main").get_by_role("link", name=re.compile(rf"^\s*{re.escape(label)}")).click()
        return Path(waiting.value.path()).read_bytes()

    def look(self, name: str = "") -> None:
        """Check the page that is open: no sideways scrolling at 360 and 320 px, nothing axe objects to, no error so far."""
        self.assert_fits()
        self.page.set_viewport_size(NARROW)
        self.assert_fits()
        self.page.set_viewport_size(PHONE)
        if self.js:
            self.assert_accessible()
        self.assert_clean()
        self._keep_picture(name)

    def assert_fits(self) -> None:
        """Nothing scrolls sideways."""
        over, which = self.page.evaluate(_OVERFLOW)
        width = (self.page.viewport_size or PHONE)["width"]
        assert over <= 0, f"{self.page.url} is {over} px too wide at {width} px: {which}"

    def assert_accessible(self, *only: str) -> None:
        """No violation of any of axe's usual rules, or of the rules `only`."""
        options = {"runOnly": {"type": "rule", "values": list(only)}} if only else None
        from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types

        found = Axe().run(self.page, options=options).response["violations"]
        said = [(v["id"], [(n["html"][:160], n["failureSummary"]) for n in v["nodes"][:2]]) for v in found]
        assert not said, f"axe on {self.page.url}: {said}"

    def assert_clean(self) -> None:
        """No console error, script error, broken answer or request to somebody else so far."""
        assert not self.faults, self.faults

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console on {self.page.url}: {message.text}")

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.faults.append(f"request to a third party: {request.url}")

    def _keep_picture(self, name: str) -> None:
        folder = os.environ.get("PLANNER_PICTURES")
        if folder and name:
            file = f"{name}{'' if self.js else '-no-js'}.png"
            self.page.screenshot(path=Path(folder) / file, full_page=True)


def until(page: Page, expression: str, seconds: float = 30) -> None:
    """Wait for a JavaScript expression to be true. Playwright's own waiting evaluates strings, which our policy forbids."""
    end = time.monotonic() + seconds
    while not _true_now(page, expression):
        assert time.monotonic() < end, f"not within {seconds:.0f} s on {page.url}: {expression}"
        page.wait_for_timeout(50)


def _true_now(page: Page, expression: str) -> bool:
    """False also while the page is on its way to another address: the next look sees the new one."""
    try:
        return bool(page.evaluate(expression))
    except Exception as lost:
        if "context was destroyed" not in str(lost):
            raise
        return False
