"""Every main page, measured: its weight on the wire, what it asks the network for, and what axe says in light and dark."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import brotli  # type: ignore[import-untyped]  # it has no types
import pytest

from planner.demo import EMAIL, PASSWORD
from tests.browser.conftest import LiveServer
from tests.browser.looking import Window, until
from tests.history import as_csv

pytestmark = pytest.mark.browser

MAX_HTML, MAX_CSS, MAX_JS = 14_000, 6_000, 15_000  # bytes on the wire, ../shared/reference/performance.md
MAX_REQUESTS = (
    3  # the page, its script, and at most one part more: what follows while one types, or the sheet of a document
)
MORE_REQUESTS = {"preview": 4}  # it is both: a document, and it follows the switches
DESK = {"width": 1280, "height": 900}
NOBODY, GUEST, BORROWER = "nobody", "guest", "borrower"
PAGES = (
    "welcome", "sign-in", "register", "lender", "gone", "unknown", "offline",
    "first-run", "no-budget", "no-loans", "no-plans", "more-guest",
    "today", "budget", "budget-line", "loans", "loan", "loan-form", "what-if", "decoder", "decoded",
    "imports", "import-look", "imported", "rows", "history", "recurring", "offer-found", "statement", "guidelines", "calendar",
    "late-rules", "ends-it", "radar", "radar-year", "red-day", "ways", "ways-cheapest", "ways-missing", "ways-short",
    "plans", "cause", "check", "offer", "request", "preview", "links", "reminders", "messages", "loan-reminders", "more",
    "settings", "devices", "unknown-loan", "letters", "letter", "letter-other", "letter-choose", "complaint",
)  # fmt: skip


class Place(NamedTuple):
    """A page: its address, who opens it, and the status it answers with."""

    path: str
    who: str
    status: int = 200


class Places(NamedTuple):
    """All pages of PAGES, and the session cookie of each person who opens them."""

    found: dict[str, Place]
    sessions: dict[str, list[Any]]


@pytest.fixture(scope="module")
def places(chromium: Any, demo_server: LiveServer) -> Iterator[Places]:
    """The addresses of the pages with the demo household, a guest beside it, and a shared plan."""
    with Window(chromium, demo_server.url) as borrower, Window(chromium, demo_server.url) as guest:
        guest.open("/")
        guest.press("不注册，先试试")
        found = _public_pages() | _empty_pages(_case_of(guest)) | _borrowers_pages(borrower)
        yield Places(found, {NOBODY: [], GUEST: _session_of(guest), BORROWER: _session_of(borrower)})


def _red_day(me: Window, case: str) -> str:
    """The first day that does not fit."""
    me.open(f"{case}/radar")
    return _address(me, "main a[href*='/radar/20']")


def _public_pages() -> dict[str, Place]:
    return {
        "welcome": Place("/", NOBODY),
        "sign-in": Place("/sign-in", NOBODY),
        "register": Place("/register", NOBODY),
        "gone": Place("/s/no-such-link", NOBODY, 404),
        "unknown": Place("/nowhere", NOBODY, 404),
        "offline": Place("/offline", NOBODY),
    }


def _empty_pages(case: str) -> dict[str, Place]:
    return {
        "first-run": Place("/", GUEST),
        "no-budget": Place(f"{case}/budget", GUEST),
        "no-loans": Place(f"{case}/loans", GUEST),
        "no-plans": Place(f"{case}/plans", GUEST),
        "more-guest": Place(f"{case}/more", GUEST),
    }


def _borrowers_pages(me: Window) -> dict[str, Place]:
    sign_in(me)
    case = _case_of(me)
    me.open(f"{case}/loans")
    loan = _address(me, "article a[href*='/loans/']")
    me.open(f"{case}/budget")
    line = _address(me, "a.row[href*='/budget/']")
    look, done, found = _import(me, case)
    plan = _make_plan(me, loan)
    link = me.page.locator("#link").input_value()
    own = {
        "today": "/", "budget": f"{case}/budget", "budget-line": line, "loans": f"{case}/loans", "loan": loan,
        "loan-form": f"{loan}/edit", "what-if": f"{loan}/what-if", "decoder": f"{case}/loans/decode",
        "decoded": f"{case}/loans/decode?principal=20000&payment=1816.67&instalments=12&advertised_rate=9",
        "imports": f"{case}/imports", "import-look": look, "imported": done, "rows": f"{case}/imports/transactions",
        "history": f"{case}/history?month=2026-11", "recurring": f"{case}/history/recurring", "offer-found": found,
        "statement": f"{case}/budget/statement", "guidelines": f"{case}/budget/guidelines", "calendar": f"{case}/calendar",
        "radar": f"{case}/radar", "radar-year": f"{case}/radar?days=365", "red-day": _red_day(me, case),
        "late-rules": f"{loan}/late", "ends-it": f"{loan}/payoff", "ways": f"{case}/payoff?order=avalanche&extra=500",
        "ways-cheapest": f"{case}/payoff/cheapest?cash=fixed&amount=3000", "ways-missing": f"{case}/payoff/cheapest",
        "ways-short": f"{case}/payoff/shortfall?available=1500",
        "plans": f"{case}/plans", "cause": f"{plan}/cause", "check": f"{plan}/budget", "offer": f"{plan}/offer",
        "request": f"{plan}/creditors/1",
        "preview": f"{plan}/preview", "links": f"{plan}/links", "reminders": f"{case}/reminders",
        "messages": f"{case}/reminders/list", "loan-reminders": f"{loan}/reminders",
        "letters": f"{case}/letters", "letter": f"{case}/letters/reduce", "letter-other": f"{case}/letters/settle",
        "letter-choose": f"{case}/letters/hold", "complaint": f"{case}/letters/complaint?loan={loan.rsplit('/', 1)[1]}",
        "more": f"{case}/more", "settings": f"{case}/settings", "devices": "/account",
    }  # fmt: skip
    pages = {name: Place(path, BORROWER) for name, path in own.items()}
    unknown = Place(f"{case}/loans/999999", BORROWER, 404)
    return pages | {"unknown-loan": unknown, "lender": Place(urlsplit(link).path, NOBODY)}


def _import(me: Window, case: str) -> tuple[str, str, str]:
    """A file that waits, one that was added, and the first thing found in it that comes back."""
    where = []
    for name in ("waits.csv", "added.csv"):
        me.open(f"{case}/imports")
        me.page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": as_csv()})
        me.press("读取文件")
        where.append(urlsplit(me.page.url).path)
    me.press("没错，添加")
    me.open(f"{case}/history/recurring")
    return where[0], where[1], _address(me, "main a[href*='/recurring/']")


def _make_plan(me: Window, loan: str) -> str:
    me.open(loan)
    me.press("和贷方商量")
    plan = urlsplit(me.page.url).path.removesuffix("/cause")
    me.fill(new_income="6400", cause_text="一月起没有加班。")
    for label in ("下一步：收支", "下一步：提方案", "下一步：预览", "生成链接和 PDF"):
        me.press(label)
    return plan


def sign_in(me: Window) -> None:
    """As the demo household's borrower."""
    me.open("/sign-in")
    me.fill(email=EMAIL, password=PASSWORD)
    me.page.locator("main form button.go").first.click()
    me.page.wait_for_url(f"{me.url}/")


def _case_of(me: Window) -> str:
    return _address(me, "nav a[href$='/budget']").removesuffix("/budget")


def _address(me: Window, selector: str) -> str:
    return str(me.page.locator(selector).first.get_attribute("href"))


def _session_of(me: Window) -> list[Any]:
    """Only the session: a browser that has the styles already would not show what a first visit weighs."""
    return [cookie for cookie in me.context.cookies() if cookie["name"] == "planner"]


def fetch(url: str, cookies: list[Any]) -> tuple[int, str, bytes]:
    """Status, content encoding and the very bytes that a browser without any of our files would get."""
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in cookies)
    headers = {"Accept-Encoding": "br", "Accept-Language": "zh-CN", "Cookie": cookie}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, answer.headers.get("Content-Encoding", ""), answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers.get("Content-Encoding", ""), refused.read()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_and_open_to_everybody(
    chromium: Any, demo_server: LiveServer, places: Places, name: str
) -> None:
    place = places.found[name]
    cookies = places.sessions[place.who]
    weigh(demo_server.url + place.path, cookies, place.status)
    for locale, viewport in (("zh-CN", None), ("en-GB", DESK)):
        options: dict[str, Any] = {"locale": locale, "reduced_motion": "reduce"} | (
            {"viewport": viewport} if viewport else {}
        )
        with Window(chromium, demo_server.url, **options) as me:
            me.context.add_cookies(cookies)
            visit(me, place, MORE_REQUESTS.get(name, MAX_REQUESTS))
            me.assert_fits()
            me.assert_accessible()
            me.page.emulate_media(color_scheme="dark")
            me.assert_accessible("color-contrast", "link-in-text-block")  # all that depends on colours
            me.assert_clean()


def weigh(url: str, cookies: list[Any], status: int) -> None:
    """The page with its styles inside comes compressed, within the first round trip's 14 kB, and no script holds it up."""
    answered, encoding, body = fetch(url, cookies)
    assert (answered, encoding) == (status, "br")
    assert len(body) <= MAX_HTML, f"{url} weighs {len(body)} bytes"
    html = brotli.decompress(body).decode()
    assert "<style nonce=" in html, "a first visit has its styles in the page"
    for tag in re.findall(r"<script\b[^>]*>", html):
        assert re.search(r'type="module"|\bdefer\b|\basync\b', tag), f"{tag} holds the page up"


def visit(me: Window, place: Place, most: int) -> None:
    """Open it as a first visit and count what it asks for to be shown and to work."""
    asked: list[str] = []
    me.page.on("request", lambda request: asked.append(request.url))
    answer = me.page.goto(me.url + place.path)
    # Nothing on the screen waits for these two: the print sheet, and the styles fetched for the next page when all is done.
    needed = [url for url in asked if not url.endswith(("/print.css", "/app.css"))]
    assert answer is not None
    assert answer.status == place.status
    assert len(needed) <= most, needed
    if place.status != 200:  # Chromium reports the refused page itself as an error
        me.faults[:] = [fault for fault in me.faults if f"status of {place.status}" not in fault]


def test_styles_and_scripts_are_small_in_all(demo_server: LiveServer, places: Places) -> None:
    home, plan = (fetch(demo_server.url + places.found[name].path, [])[2] for name in ("welcome", "lender"))
    html = brotli.decompress(home).decode() + brotli.decompress(plan).decode()
    styles = set(re.findall(r'(?:href|data-css)="([^"]+\.css)"', html))
    scripts = set(re.findall(r'src="([^"]+\.js)"', html)) | {"/sw.js"}
    scripts |= {urljoin(address, "modules/live.js") for address in scripts if address.endswith("/app.js")}
    assert {address.rsplit("/")[-1] for address in styles} == {"app.css", "print.css", "doc.css"}
    assert {address.rsplit("/")[-1] for address in scripts} == {"app.js", "live.js", "sw.js"}
    assert _weight(demo_server.url, styles) <= MAX_CSS
    desk = {each.replace("doc.css", "desk.css") for each in styles if "print.css" not in each}
    assert _weight(demo_server.url, desk) <= MAX_CSS
    assert _weight(demo_server.url, scripts) <= MAX_JS


def _weight(url: str, addresses: set[str]) -> int:
    answers = [fetch(url + address, []) for address in addresses]
    assert {status for status, _encoding, _body in answers} == {200}
    return sum(len(body) for _status, _encoding, body in answers)


PRIVATE = ("海尔", "1,816", "快惠", EMAIL)


def assert_nothing_private(me: Window) -> None:
    """Nothing of the household is in the page."""
    here = me.page.content()
    assert not [text for text in PRIVATE if text in here], me.page.url


@pytest.fixture
def offline_reader(chromium: Any, demo_server: LiveServer) -> Iterator[Window]:
    """The borrower, whose browser has the service worker at work and Today in its cache; the network is there again after."""
    with Window(chromium, demo_server.url) as me:
        sign_in(me)
        me.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        until(me.page, "navigator.serviceWorker.controller !== null")
        me.page.reload()
        until(me.page, "caches.match('/', {cacheName: 'private-v1', ignoreVary: true}).then(Boolean)")
        yield me
    if demo_server.process is None:
        demo_server.start(demo=True)


def test_today_is_readable_without_a_network_and_says_how_old_it_is(
    offline_reader: Window, demo_server: LiveServer
) -> None:
    me = offline_reader
    loans = _address(me, "nav a[href$='/loans']")
    seen = me.page.locator("main .xl").first.inner_text()
    cut_off(me, demo_server)
    me.open("/")
    assert me.page.locator("main .xl").first.inner_text() == seen
    assert me.page.locator("#offline-banner").is_visible()
    me.shows("现在没有网络")
    me.open(loans)
    me.shows("这个页面需要联网")
    assert_nothing_private(me)


def test_after_sign_out_nothing_is_left_on_the_device(offline_reader: Window, demo_server: LiveServer) -> None:
    me = offline_reader
    other = me.context.new_page()
    other.goto(me.url + _address(me, "nav a[href$='/loans']"))
    assert "海尔" in other.content()
    me.press("更多")
    me.press("退出登录")
    me.page.wait_for_url("**/welcome")  # the page's script empties the caches first
    me.shows("不注册，先试试")
    until(other, "!document.documentElement.outerHTML.includes('海尔')")
    assert me.page.evaluate("caches.has('private-v1')") is False
    cut_off(me, demo_server)
    for _step in range(2):
        me.page.go_back()
        assert_nothing_private(me)
    me.open("/")
    me.shows("现在没有网络")
    assert_nothing_private(me)


def cut_off(me: Window, server: LiveServer) -> None:
    """No network and no server: whatever shows now comes from the device."""
    server.stop()
    me.context.set_offline(True)
