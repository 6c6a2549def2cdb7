"""A borrower on a phone and a counsellor at a laptop: let in by a code, a change suggested and approved, shown out again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyotp
import pytest

from planner.demo import PASSWORD
from tests.browser.conftest import MORNING, LiveServer
from tests.browser.looking import Window
from tests.browser.test_pages import sign_in

pytestmark = pytest.mark.browser
CHEN = "chen@harbour.example"
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}


def submit(window: Window, form: str = "main form") -> None:
    """Press the one filled button of a form."""
    window.page.locator(f"{form} button.go").first.click()
    window.page.wait_for_load_state()


def enter_desk(desk: Window) -> None:
    """Sign in as a counsellor for the first time: no desk before a second factor is set up."""
    desk.open("/sign-in")
    desk.fill(email=CHEN, password=PASSWORD)
    submit(desk)
    desk.open("/desk")
    assert desk.page.url.endswith("/account/second-factor")
    desk.open("/account/second-factor/app")
    secret = desk.page.locator("#app-key").inner_text().replace(" ", "")
    desk.fill(code=pyotp.TOTP(secret).at(datetime.fromisoformat(MORNING)))
    submit(desk)
    assert desk.page.locator("main li").count() >= 10, "recovery codes are shown once"
    desk.open("/desk")
    assert desk.page.url.endswith("/desk")


def look_at_desk(desk: Window) -> None:
    desk.assert_fits()
    if desk.js:
        desk.assert_accessible()
    desk.assert_clean()


def own_case(me: Window) -> str:
    """The address of the borrower's file."""
    href = me.page.locator("nav.tabs a[href*='/budget']").get_attribute("href")
    assert href
    return href.removesuffix("/budget")


def invite(me: Window, case: str) -> str:
    """Let a counsellor suggest changes of budget and loans; returns the code that is read out."""
    me.open(f"{case}/access/invite")
    me.choose("scope", "propose")
    for part, wanted in (("budget", True), ("loans", True), ("plans", False), ("contacts", False), ("files", False)):
        me.field(part).set_checked(wanted, force=True)
    me.look("access-invite")
    submit(me)
    me.look("access-invited")
    return me.page.locator("#code").input_value()


@pytest.mark.parametrize("js", [True, False])
def test_let_in_suggest_approve_and_shown_out(chromium: Any, live_demo: LiveServer, js: bool) -> None:
    with Window(chromium, live_demo.url, js=js) as me, Window(chromium, live_demo.url, js=js, **DESK) as desk:
        sign_in(me)
        case = own_case(me)
        code = invite(me, case)

        enter_desk(desk)
        desk.open("/i")
        desk.fill(code=code.lower())
        submit(desk)
        submit(desk)
        assert "/desk/clients/" in desk.page.url
        client = desk.page.url
        look_at_desk(desk)
        for path, status in (("/budget", 200), ("/loans", 200), ("/plans", 403), ("/evidence", 403), ("/access", 403)):
            assert desk.page.request.get(live_demo.url + case + path).status == status, path
        desk.open(f"{case}/budget")
        desk.page.locator("main a.row[href*='/budget/']").last.click()
        line = desk.page.url
        old = desk.field("amount").input_value()
        desk.fill(amount="123.45")
        submit(desk)
        assert "/suggestions/" in desk.page.url
        look_at_desk(desk)
        desk.open(line)
        assert desk.field("amount").input_value() == old, "nothing changes before it is approved"

        me.open("/")
        me.page.locator(".banner a[href*='/suggestions']").first.click()
        me.page.wait_for_load_state()
        if me.page.url.endswith("/suggestions"):
            me.page.locator("main a.row").first.click()
        me.shows("123.45")
        me.look("suggestion")
        me.page.locator("button[name=say][value=approve]").click()
        me.page.wait_for_load_state()
        me.open(line.removeprefix(live_demo.url))
        assert me.field("amount").input_value() == "123.45"

        desk.open(line)
        desk.fill(amount="99", name="A name that took long to type")
        me.open(f"{case}/access/log")
        me.look("access-log")
        me.open(f"{case}/access")
        me.look("access")
        me.page.locator("li", has_text="Chen").locator("form[action$='/end'] button").click()
        me.page.wait_for_load_state()
        submit(desk)
        desk.shows("A name that took long to type")
        assert desk.page.request.get(live_demo.url + case + "/budget").status == 404
        desk.faults = [fault for fault in desk.faults if "404" not in fault]
        desk.open(client)
        assert "Sun" not in desk.words()
        desk.faults = [fault for fault in desk.faults if "404" not in fault]
        me.open(line.removeprefix(live_demo.url))
        assert me.field("amount").input_value() == "123.45", "nothing of the last form was stored"
        me.assert_clean()
        desk.assert_clean()
