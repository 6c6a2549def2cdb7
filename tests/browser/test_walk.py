"""The whole road on a phone: from the start address to a plan that a lender opens, with and without JavaScript."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from icalendar import Calendar
from pypdf import PdfReader

from tests.browser.conftest import Inbox, LiveServer
from tests.browser.looking import Window, until

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "sun@example.org", "correct horse battery"
WEEK_BEFORE, THREE_DAYS_BEFORE = "2026-12-11T09:05+08:00", "2026-12-15T09:05+08:00"
# The household of ../shared/design/src/example.py as its people would type it: category, name, amount, repetition.
INCOMES = (
    ("wage", "工资", "6800", {"frequency": "monthly", "day_of_month": "10"}),
    ("housing_fund", "公积金提取", "2,400", {"frequency": "quarterly", "starts_on": "2026-03-21"}),
)
EXPENSES = (
    ("rent", "房租", "4800", {"frequency": "quarterly", "starts_on": "2026-12-15"}, "essential"),
    ("food", "吃饭", "1350", {"frequency": "monthly", "day_of_month": "1"}, "essential"),
    ("elders", "给爸妈", "800", {"frequency": "monthly", "day_of_month": "16"}, "essential"),
    ("housing", "水电燃气", "180", {"frequency": "monthly", "day_of_month": "12"}, "essential"),
    ("transport", "通勤", "180", {"frequency": "monthly", "day_of_month": "1"}, "essential"),
    ("transport", "手机和宽带", "98", {"frequency": "monthly", "day_of_month": "11"}, "essential"),
    ("food", "下馆子和咖啡", "240", {"frequency": "monthly", "day_of_month": "1"}, "flexible"),
    ("clothing", "衣服日用", "150", {"frequency": "monthly", "day_of_month": "1"}, "flexible"),
    ("education", "视频会员", "30", {"frequency": "monthly", "day_of_month": "3"}, "flexible"),
)
OFFER, OFFER_TOTAL, OFFER_COUNT, OFFER_FROM = "1,240", "11,115.57", 9, "2027-01-18"
LEFT_AFTER_DECEMBER = "10,899.98"  # six instalments: 5 x 1,816.67 and the last one, 1,816.63


@pytest.mark.parametrize("js", [True, False], ids=["javascript", "no-javascript"])
def test_from_a_budget_to_a_plan_that_a_lender_opens(
    chromium: Any, live_server: LiveServer, inbox: Inbox, js: bool
) -> None:
    with Window(chromium, live_server.url, js=js) as me:
        start_without_an_account(me)
        enter_the_household(me)
        enter_the_loan(me)
        try_things_out(me)
        see_today(me)
        claim_the_guest_case(me)
        set_reminders(me)
        get_the_reminder_once(me, live_server, inbox)
        mark_the_instalment_paid(me, live_server, inbox)
        calendar = read_calendar(me.download("下载日历文件"))
        link = propose(me)
        compare_copies(me, calendar)
        with Window(chromium, live_server.url, js=js) as lender:
            read_as_the_lender(lender, link)
        withdraw(me, chromium, link, js)
        sign_out_and_go_back(me)


def start_without_an_account(me: Window) -> None:
    me.open("/")
    me.look("1-welcome")
    me.press("不注册，先试试")
    me.shows("试用中，还没注册", "发薪日和工资")
    me.look("2-first-run")


def enter_the_household(me: Window) -> None:
    me.press("填工资")
    me.look("3-income")
    _enter_line(me, *INCOMES[0])
    me.press("加一项收入")
    _enter_line(me, *INCOMES[1])
    for category, name, amount, repeats, necessity in EXPENSES:
        me.press("加一项支出")
        me.choose("necessity", necessity)
        _enter_line(me, category, name, amount, repeats)
    me.shows("¥7,600", "¥4,208", "¥420")  # income, essential, flexible
    me.look("4-budget")


def _enter_line(me: Window, category: str, name: str, amount: str, repeats: dict[str, str]) -> None:
    me.fill(name=name, amount=amount, category=category, **repeats)
    me.press("保存")
    me.shows("已保存", name)


def enter_the_loan(me: Window) -> None:
    me.press("借款")
    me.look("5-no-loans")
    me.press("添加借款")
    me.fill(creditor="海尔消费金融")
    me.choose("method", "flat")
    me.fill(principal="20,000", period_rate="0.75", instalments="12", start_date="2026-06-18")
    me.fill(paid_before="5", advertised_rate="9")
    me.page.locator("summary", has_text="其他还款周期").click()
    me.fill(first_due_date="2026-07-18")
    me.page.locator("summary", has_text="合同编号").click()
    me.fill(name="海尔分期", reference="7731")
    me.look("6-loan-form")
    me.press("保存借款")
    me.shows("16.2%", "¥1,816.67", "¥12,716.65", "9%")
    me.look("7-loan")


def try_things_out(me: Window) -> None:
    me.press("试算")
    _try(me, "extra", "500")
    before, after = _before_and_after(me)
    assert (before["下一期"], before["期数"], before["一共还"]) == ("¥1,816.67", "7", "¥12,716.65")
    assert int(after["期数"]) < 7
    assert _amount(after["利息"]) < _amount(before["利息"])
    me.look("8-extra")
    _try(me, "longer", "3")
    before, after = _before_and_after(me)
    assert (before["期数"], after["期数"]) == ("7", "10")
    assert _amount(after["下一期"]) < _amount(before["下一期"]) == Decimal("1816.67")
    assert _amount(after["一共还"]) > _amount(before["一共还"])
    assert before["真实年化"] == after["真实年化"] == "16.22%"
    me.look("9-longer")


def _try(me: Window, kind: str, value: str) -> None:
    """Choose what to try; with JavaScript the result follows, without it the button asks for it."""
    me.choose("kind", kind)
    if me.js:
        with me.page.expect_response(lambda answer: "what-if" in answer.url and f"{kind}={value}" in answer.url):
            me.field(kind).fill(value)
        until(me.page, "!document.querySelector('[aria-busy]')")
    else:
        me.field(kind).fill(value)
        me.press("算一算")


def _before_and_after(me: Window) -> tuple[dict[str, str], dict[str, str]]:
    rows = me.page.locator("#result table").first.locator("tbody tr").all()
    cells = [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in rows]
    return {label: before for label, before, _ in cells}, {label: after for label, _, after in cells}


def see_today(me: Window) -> None:
    me.press("今天")
    me.shows("12月18日", "9 天", "¥1,816.67", "接下来可以")
    me.look("10-today")


def claim_the_guest_case(me: Window) -> None:
    me.press("更多")
    me.look("11-more-guest")
    me.page.locator("main a[href$='/register']").click()
    me.look("12-register")
    me.fill(email=EMAIL, password=PASSWORD)
    me.page.locator("main form button").click()
    me.shows("账号好了", "¥1,816.67")
    me.press("预算")
    me.shows("¥7,600", *(name for _category, name, *_rest in INCOMES + EXPENSES))
    me.press("借款")
    me.shows("海尔消费金融", "¥12,716.65", "16.2%")


def set_reminders(me: Window) -> None:
    me.press("更多")
    me.look("13-more")
    me.press("提醒")
    assert me.field("email_to").input_value() == EMAIL, "the account's own address is proposed"
    me.choose("wording", "full")
    if not me.field("email_on").is_checked():
        me.field("email_on").click()
    me.press("保存")
    me.shows("已保存")
    me.look("14-reminders")
    me.page.wait_for_load_state("networkidle")
    me.open("/")  # the server stops next, and must not take anything away under a page that still asks for it
    me.page.wait_for_load_state("networkidle")


def get_the_reminder_once(me: Window, server: LiveServer, inbox: Inbox) -> None:
    """Two days later, at nine, the step of seven days before is due: it comes once, from the worker process."""
    server.stop()
    assert inbox.messages == [], "nothing was due before"
    server.start(WEEK_BEFORE)
    message = inbox.wait(1)[0]
    assert message["X-Sink-To"] == EMAIL
    assert "12月18日" in message["Subject"]
    assert "¥1,816.67" in message["Subject"], "the borrower wants the amount in it"
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # None fails the test, as it should
    link = re.search(rf"{server.url}/c/\d+/loans/\d+", text)
    assert link, text
    time.sleep(2.5)  # two more rounds of the worker
    assert len(inbox.messages) == 1, "one step is sent once"
    me.open(link[0])
    me.shows("海尔消费金融", "7 天")


def mark_the_instalment_paid(me: Window, server: LiveServer, inbox: Inbox) -> None:
    """After the mark the next steps stay silent, also when their day has come."""
    me.press("第 6 期标记为已还")
    me.shows("第 6 期已标记为已还", "¥10,899.98")
    me.look("15-paid")
    server.stop()
    server.start(THREE_DAYS_BEFORE)
    time.sleep(2.5)
    assert len(inbox.messages) == 1, "what is paid is not reminded of"
    me.press("更多")
    me.press("提醒")
    me.look("16-reminders-sent")


def read_calendar(content: bytes) -> list[tuple[date, str]]:
    """Day and amount of each event of the calendar file, after checking its alarms."""
    found: list[tuple[date, str]] = []
    for event in Calendar.from_ical(content).walk("VEVENT"):
        alarms = {alarm.decoded("TRIGGER") for alarm in event.walk("VALARM")}
        summary = str(event["SUMMARY"])
        day = event.decoded("DTSTART") - timedelta(days=7)
        week_before = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        assert week_before in alarms, "nine in the morning in Shanghai"
        assert "海尔" in summary
        found.append((event.decoded("DTSTART"), re.findall(r"¥([\d,.]+)", summary)[0]))
    return found


def propose(me: Window) -> str:
    """The four steps; gives the address of the link."""
    me.press("方案")
    me.look("17-plans")
    me.page.locator("main form .btn.go").click()
    me.page.wait_for_load_state()
    me.choose("cause", "income")
    me.fill(cause_since="2027-01-01", new_income="6400", cause_text="一月起没有加班，工资降到 5,600 元。")
    me.look("18-cause")
    me.press("下一步：收支")
    me.shows("¥6,400", "¥7,600")
    me.look("19-check")
    me.press("下一步：提方案")
    me.fill(**{"n1-offered": OFFER})
    if me.js:
        me.page.locator("#offer-result", has_text=f"¥{OFFER}").first.wait_for()
    else:
        me.press("算一算")
    me.shows(f"¥{OFFER}", "合同 ¥1,816.67")
    me.look("20-offer")
    me.press("下一步：预览")
    me.fill(borrower_name="孙倩")
    me.shows(f"¥{OFFER_TOTAL}", f"¥{LEFT_AFTER_DECEMBER}")
    me.look("21-preview")
    me.press("生成链接和 PDF")
    me.shows("链接好了")
    me.look("22-links")
    return me.page.locator("#link").input_value()


def compare_copies(me: Window, calendar: list[tuple[date, str]]) -> None:
    """The borrower's own copies: the same figures in each file, and those of the calendar as the contract's."""
    found = json.loads(me.download("JSON"))
    assert_plan(found)
    assert_text(_pdf_text(me.download("PDF")))
    assert_rows(found, me.download("CSV"))
    contract = found["requests"][0]["contract"]
    assert len(calendar) == contract["count"] == 6
    assert calendar[0] == (date(2027, 1, 18), "1,816.67")
    assert sum(_amount(amount) for _day, amount in calendar) == Decimal(contract["total"])


def assert_plan(found: dict[str, Any]) -> None:
    """The JSON copy holds the offer that was typed and its instalments add up."""
    [request] = found["requests"]
    offer, rows = request["offer"], request["rows"]
    assert (offer["payment"], offer["count"], offer["first_due"]) == ("1240.00", OFFER_COUNT, OFFER_FROM)
    assert offer["total"] == OFFER_TOTAL.replace(",", "")
    assert sum(Decimal(row["payment"]) for row in rows) == Decimal(offer["total"])
    assert sum(Decimal(row["principal"]) for row in rows) == Decimal(request["opening"])
    assert request["contract"]["total"] == LEFT_AFTER_DECEMBER.replace(",", "")


def assert_text(text: str) -> None:
    """The words of the PDF or of the lender's page hold the offer, its sum and the contract's."""
    for wanted in (f"¥{OFFER}", f"¥{OFFER_TOTAL}", f"¥{LEFT_AFTER_DECEMBER}", "2027年1月18日", "海尔消费金融", "孙倩"):
        assert wanted in text, f"{wanted} not in: {text[:2000]}"


def assert_rows(found: dict[str, Any], content: bytes) -> None:
    """The CSV copy has the JSON's instalments, cell by cell."""
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    names = ("due_on", "principal", "interest", "payment", "balance")
    offered = [row[2:] for row in table if len(row) == 8 and row[1] == "方案"]
    assert offered == [[str(row["n"]), *(row[name] for name in names)] for row in found["requests"][0]["rows"]]
    assert OFFER_TOTAL.replace(",", "") in {cell for row in table for cell in row}


def read_as_the_lender(lender: Window, link: str) -> None:
    """Without an account: the same figures on the page and in the three files."""
    lender.open(link)
    assert_text(lender.words())
    lender.look("23-lender")
    found = json.loads(lender.download("JSON"))
    assert_plan(found)
    assert_rows(found, lender.download("CSV"))
    text = _pdf_text(lender.download("PDF"))
    assert_text(text)
    page = lender.words()
    for row in found["requests"][0]["rows"]:
        for name in ("payment", "principal", "interest"):
            amount = f"¥{Decimal(row[name]):,}"
            assert amount in page, f"{amount} of instalment {row['n']} is not on the page"
            assert amount in text, f"{amount} of instalment {row['n']} is not in the PDF"
    assert found["sha256"][:32] in page
    lender.open("/")
    assert "海尔" not in lender.words(), "a link opens the plan and nothing else"


def withdraw(me: Window, chromium: Any, link: str, js: bool) -> None:
    me.page.reload()
    assert link not in me.page.content(), "the address is shown once"
    me.press("撤回")
    me.shows("已撤回")
    me.look("24-withdrawn")
    with Window(chromium, me.url, js=js) as lender:
        answer = lender.page.goto(link)
        assert answer is not None
        assert answer.status == 404
        lender.shows("这个链接打不开")
        assert lender.page.goto(f"{link}/plan.json").status == 404  # type: ignore[union-attr]  # an answer, or it raises


def sign_out_and_go_back(me: Window) -> None:
    me.press("借款")
    me.press("更多")
    me.press("退出登录")
    me.page.wait_for_url("**/welcome")  # the page's script empties the caches first
    me.shows("不注册，先试试")
    for _step in range(2):
        me.page.go_back()
        me.page.wait_for_load_state()
        here = me.page.content()
        assert not any(private in here for private in ("海尔", "1,816", "7,600", EMAIL)), me.page.url


def _pdf_text(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text().replace("\u00a0", " ").split()) for page in pages)


def _amount(text: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.]", "", text))
