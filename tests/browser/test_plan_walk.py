"""From a plan to an agreement on a phone, the lender in a browser of their own: share, counter, test again, agree, follow."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import LiveServer
from tests.browser.looking import Window

pytestmark = pytest.mark.browser
EMAIL, PASSWORD = "demo@example.org", "steady-demo-2026"


@pytest.fixture
def server(demo_server: LiveServer) -> LiveServer:
    """The demo household on the mock-ups' morning."""
    return demo_server


@pytest.mark.parametrize("js", [True, False], ids=["javascript", "no-javascript"])
def test_from_a_plan_to_the_agreed_schedule(chromium: Any, server: LiveServer, js: bool) -> None:
    with Window(chromium, server.url, js=js) as me, Window(chromium, server.url, js=False) as lender:
        sign_in(me)
        loan = loan_of_the_consumer_lender(me)
        link = share_a_plan(me, loan)
        counter(lender, link)
        talk = take_it_over(me)
        accept(lender, me.page.locator("#link").input_value())
        agree(me, talk)
        see_the_new_schedule(me, loan)
        start_again(me, loan)


def sign_in(me: Window) -> None:
    me.open("/sign-in")
    me.fill(email=EMAIL, password=PASSWORD)
    go(me)
    me.page.wait_for_url(f"{me.url}/")


def go(who: Window) -> None:
    """The page's one filled button."""
    who.page.locator("main .btn.go:visible").first.click()
    who.page.wait_for_load_state()


def loan_of_the_consumer_lender(me: Window) -> str:
    me.press("借款")
    me.page.locator("article", has_text="海尔").locator("a").first.click()
    me.page.wait_for_load_state()
    return me.page.url


def share_a_plan(me: Window, loan: str) -> str:
    me.press("和贷方商量")
    me.choose("cause", "income")
    me.fill(cause_since="2027-01-01", new_income="6400", cause_text="一月起没有加班。")
    go(me)
    plan = me.page.url.removesuffix("/budget")
    me.open(f"{plan}/preview")
    me.shows("海尔消费金融会看到什么")
    me.fill(borrower_name="孙倩")
    me.look("p2-preview")
    go(me)
    me.shows("链接好了")
    me.look("p3-links")
    return me.page.locator("#link").input_value()


def counter(lender: Window, link: str) -> None:
    lender.open(link)
    lender.shows("海尔消费金融", "孙倩", "你的答复")
    lender.look("p4-lender")
    lender.choose("kind", "counter")
    lender.fill(amount="1400", person="李伟，贷后", text="每期 1,400 元可以。")
    go(lender)
    lender.shows("核对你的答复", "¥1,400", "李伟，贷后")
    lender.look("p5-lender-check")
    lender.press("提交答复")
    lender.shows("你已答复", "另提条件")
    lender.look("p6-lender-done")


def take_it_over(me: Window) -> str:
    me.open("/")
    me.shows("海尔消费金融已答复")
    me.press("看答复")
    talk = me.page.url
    me.shows("对方另提了条件", "¥1,400")
    assert re.search("你承受得住|起钱不够", me.words()), me.words()
    me.look("p7-counter")
    me.page.locator("main form[action$='/counter-offer'] button").click()
    me.page.wait_for_load_state()
    me.shows("对方的条件已变成你的方案", "¥1,400")
    go(me)
    me.shows("链接好了")
    return talk


def accept(lender: Window, link: str) -> None:
    lender.open(link)
    lender.shows("¥1,400")
    lender.choose("kind", "accept")
    lender.fill(person="李伟，贷后", reference="HF-77")
    go(lender)
    lender.press("提交答复")
    lender.shows("你已答复", "HF-77")


def agree(me: Window, talk: str) -> None:
    me.open(talk)
    me.shows("已同意，还没有书面确认")
    me.look("p8-accepted")
    go(me)
    me.shows("书面确认", "1,400", "没提")
    me.fill(reference="HF-77", interest_fees="利息按 16.2% 照算")
    for name in ("amount", "dates", "waived_silent", "credit_record_silent", "breach_silent"):
        me.page.locator(f"[name={name}]").check()
    me.look("p9-confirm")
    go(me)
    me.shows("协议执行中", "HF-77")
    me.look("p10-running")


def see_the_new_schedule(me: Window, loan: str) -> None:
    me.open(loan)
    me.shows("谈定的协议", "¥1,400")
    me.look("p11-loan")
    case = re.sub(r"(/c/\d+)/.*", r"\1", loan)
    me.open(f"{loan}/what-if")
    me.shows("协议执行中")
    me.open(f"{case}/budget?month=2027-01")
    me.shows("¥1,400")


def start_again(me: Window, loan: str) -> None:
    """So that the next walk finds the contract again."""
    me.open(loan)
    me.press("协议不再有效")
    me.look("p12-end")
    go(me)
    me.open(loan)
    assert "谈定的协议" not in me.words()
