"""The service worker and the page script in a real Chromium, against a server of a few lines."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, redirect, request, send_from_directory
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser
STATIC = Path(__file__).parents[2] / "static"
PAGE = """<!doctype html><html lang="en" data-css="/static/v1/css/base.css" data-css-hash="h1"><head><title>t</title>
<link rel="icon" href="data:,"><script type="module" src="/static/v1/js/app.js"></script></head><body><main>
<div id="offline-banner" hidden><p data-age="From {time}."></p></div>%s</main></body></html>"""
WHAT_IF = """<form data-live="#result"><input name="method" value="extra">
<div data-stepper data-currency="CNY"><button type="button" data-step="-50">-</button><output></output>
<button type="button" data-step="50">+</button><input type="range" min="0" max="750" step="50">
<input name="extra" value="300"></div></form><div id="result">%s</div>"""
FORM = """<form id="loan" method="post" action="/save" data-busy="Saving"><input name="method" value="shadow">
<label><input type="radio" name="kind" value="flat" checked>flat</label>
<label><input type="radio" name="kind" value="level">level</label>
<div id="fee" data-show-when="kind=flat|x"><input name="fee" value="1"></div>
<div id="rate" data-show-when="kind=level"><input name="rate" value="2"></div><button>Save</button></form>
<form id="drop" method="post" action="/save" data-confirm="#sure"><button>Delete</button></form>
<dialog id="sure"><form method="dialog"><button value="yes">Yes</button><button value="">No</button></form></dialog>
<form id="out" method="post" action="/out" data-signout><button>Sign out</button></form>
<div data-errors tabindex="-1">wrong</div><div data-toast>Saved</div>"""


class Site:
    """A server with one person at a time, which counts what is posted to it."""

    def __init__(self) -> None:
        self.user, self.visits = "anna", 0
        self.posts: list[dict[str, str]] = []
        self.fragments: list[str] = []
        self.app = Flask("site", static_folder=None)
        for rule, view in {"/": self.today, "/c/<case>/": self.today, "/form": self.form, "/what-if": self.what_if,
                           "/offline": self.offline, "/sw.js": self.worker, "/private": self.private}.items():  # fmt: skip
            self.app.add_url_rule(rule, view.__name__ + rule, view)
        self.app.add_url_rule("/static/v1/<path:name>", "static", self.file)
        self.app.add_url_rule("/save", "save", self.save, methods=["POST"])
        self.app.add_url_rule("/out", "out", self.out, methods=["POST"])
        self.slow = ("", threading.Event())  # an address that waits for the event
        self.app.before_request(self.wait)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def wait(self) -> None:
        path, event = self.slow
        if request.path == path:
            event.wait(9)

    def page(self, body: str, **headers: str) -> Response:
        return Response(
            PAGE % body, mimetype="text/html", headers={"X-User": self.user, "Cache-Control": "no-store", **headers}
        )

    def today(self, case: str = "0") -> Response:
        self.visits += 1
        return self.page(
            f"<h1>Today {self.user} {case} {self.visits}</h1>" if self.user else "<h1>Sign in</h1>",
            **({"X-Offline": "keep"} if self.user else {}),
        )

    def private(self) -> Response:
        return self.page("<h1>Letters</h1>", **{"X-Offline": "keep"})

    def form(self) -> Response:
        return self.page(FORM)

    def what_if(self) -> Response:
        extra = request.args.get("extra", "300")
        if "X-Fragment" in request.headers:
            self.fragments.append(extra)
            return Response(f'<p role="status">Extra {extra}</p>')
        return self.page(WHAT_IF % f"Extra {extra}")

    def offline(self) -> Response:
        return Response("<h1>Offline page</h1>", mimetype="text/html")

    def worker(self) -> Response:
        shell = json.dumps(["/offline", "/static/v1/js/app.js", "/static/v1/css/base.css"])
        code = (STATIC / "js/sw.js").read_text("utf-8").replace("__VERSION__", "1").replace("__SHELL__", shell)
        return Response(code, mimetype="text/javascript")

    def file(self, name: str) -> Response:
        answer = send_from_directory(STATIC, name)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer

    def save(self) -> Response:
        self.posts.append(dict(request.form))
        return self.page("<h1>Saved</h1>")

    def out(self) -> Response:
        self.user = ""
        return redirect("/", 303)  # type: ignore[return-value]  # werkzeug's own class


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    threading.Thread(target=site.server.serve_forever, daemon=True).start()
    yield site
    site.server.shutdown()


@pytest.fixture
def page(chromium, site):
    context = chromium.new_context(base_url=site.url)
    page = context.new_page()
    page.set_default_timeout(8000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    assert page.problems == []
    context.close()


def visit_twice(page, path="/"):
    """The worker settles during the first visit; the second goes through it."""
    page.goto(path)
    page.evaluate(
        """() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller
            || new Promise(done => { navigator.serviceWorker.oncontrollerchange = () => done(); })).then(() => 1)"""
    )
    page.goto(path)
    page.wait_for_function(f"caches.match('{path}', {{cacheName: 'private-v1'}}).then(Boolean)")


def test_today_is_shown_offline_with_its_age(page, site):
    visit_twice(page)
    seen = page.inner_text("h1")
    page.context.set_offline(True)
    page.goto("/")
    assert page.inner_text("h1") == seen
    page.wait_for_selector("#offline-banner:not([hidden])")
    assert re.fullmatch(r"From \d\d:\d\d\.", page.inner_text("[data-age]"))


def test_the_start_address_shows_the_newest_case_and_other_pages_the_offline_page(page, site):
    visit_twice(page, "/c/7/")
    page.goto("/private")
    page.context.set_offline(True)
    page.goto("/")
    assert page.inner_text("h1").startswith("Today anna 7")
    for path in ("/private", "/form", "/c/8/"):
        page.goto(path)
        assert page.inner_text("h1") == "Offline page"


def test_a_slow_network_falls_back_to_the_copy_and_says_so(page, site):
    visit_twice(page)
    seen = page.inner_text("h1")
    site.slow = ("/", threading.Event())
    page.goto("/")
    assert page.inner_text("h1") == seen
    page.wait_for_selector("#offline-banner:not([hidden])")
    site.slow[1].set()


def test_signing_out_leaves_nothing(page, site):
    visit_twice(page)
    page.goto("/form")
    page.evaluate(
        """() => new Promise(done => {
            sessionStorage.a = localStorage.b = 1;
            indexedDB.open("drafts").onsuccess = event => done(event.target.result.close());
        })"""
    )
    page.click("#out button")
    page.wait_for_selector("text=Sign in")
    assert page.evaluate("caches.has('private-v1')") is False
    assert page.evaluate("[sessionStorage.a, localStorage.b]") == [None, None]
    assert page.evaluate("indexedDB.databases().then(all => all.length)") == 0
    page.context.set_offline(True)
    page.goto("/")
    assert page.inner_text("h1") == "Offline page"
    for _ in range(3):
        page.go_back()
        assert "anna" not in page.content()


def test_the_next_person_never_sees_the_last_ones_copy(page, site):
    visit_twice(page, "/c/7/")
    site.user = "ben"
    page.goto("/")
    page.wait_for_function("caches.match('/', {cacheName: 'private-v1'}).then(Boolean)")
    page.context.set_offline(True)
    page.goto("/c/7/")
    assert page.inner_text("h1") == "Offline page"
    page.goto("/")
    assert "ben" in page.inner_text("h1")


def test_a_session_that_ended_elsewhere_takes_the_copies_with_it(page, site):
    visit_twice(page)
    site.user = ""
    page.goto("/form")
    page.context.set_offline(True)
    page.goto("/")
    assert page.inner_text("h1") == "Offline page"


def test_styles_are_warmed_before_the_cookie_says_so(page, site):
    page.goto("/")
    page.wait_for_function("document.cookie.includes('css=h1')")


def test_a_form_shows_sends_and_asks_only_what_applies(page, site):
    page.goto("/form")
    assert page.evaluate("document.activeElement.hasAttribute('data-errors')")
    assert page.is_visible("#fee")
    assert page.is_hidden("#rate")
    page.check("[value=level]")
    assert page.is_hidden("#fee")
    page.click("#loan button")
    page.wait_for_selector("text=Saved")
    assert site.posts == [{"method": "shadow", "kind": "level", "rate": "2"}]


def test_a_form_is_sent_once_and_says_that_it_is_busy(page, site):
    page.goto("/form")
    looks = page.evaluate(
        """() => {
            const button = document.querySelector("#loan button");
            button.click();
            button.click();
            return [button.textContent, button.getAttribute("aria-disabled")];
        }"""
    )
    assert looks == ["Saving", "true"]
    page.wait_for_selector("h1:text('Saved')")
    assert len(site.posts) == 1


def test_a_question_is_asked_first(page, site):
    page.goto("/form")
    page.click("#drop button")
    page.click("#sure button[value='']")
    assert site.posts == []
    page.click("#drop button")
    page.click("#sure button[value=yes]")
    page.wait_for_selector("h1:text('Saved')")
    assert len(site.posts) == 1


def test_nothing_typed_is_lost_when_the_connection_is_gone(page, site):
    page.goto("/form")
    page.context.set_offline(True)
    page.fill("[name=fee]", "77")
    page.click("#loan button")
    page.wait_for_selector("#offline-banner:not([hidden])")
    assert page.input_value("[name=fee]") == "77"


def test_a_message_leaves_by_itself(page, site):
    page.clock.install()
    page.goto("/form")
    assert page.is_visible("[data-toast]")
    page.clock.run_for(6100)
    assert page.locator("[data-toast]").count() == 0


def test_the_result_follows_buttons_slider_and_typing(page, site):
    page.goto("/what-if")
    page.wait_for_selector("output:text('¥300')")
    page.click("[data-step='50']")
    page.wait_for_selector("#result >> text=Extra 350")
    assert page.input_value("[name=extra]") == "350"
    assert page.input_value("[type=range]") == "350"
    page.fill("[type=range]", "500")
    page.wait_for_selector("#result >> text=Extra 500")
    page.fill("[name=extra]", "1,816.67")
    page.wait_for_selector("#result >> text=Extra 1,816.67")
    assert page.inner_text("output") == "¥1,816.67"
    assert page.inner_text(".vh[role=status]") == "Extra 1,816.67"
    assert "extra=1%2C816.67" in page.url
    assert len(site.fragments) == 3
