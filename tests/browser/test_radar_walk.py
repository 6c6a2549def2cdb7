"""From a bank statement to a day that no longer goes wrong, on a phone: import, confirm what comes back, see it, mend it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import LiveServer
from tests.browser.looking import Window
from tests.history import HAIER, MOTHER, POWER, RENT, WAGE, as_csv

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("js", [True, False], ids=["javascript", "no-javascript"])
def test_from_a_statement_to_a_red_day_that_is_mended(
    chromium: Any, live_server: LiveServer, tmp_path: Path, js: bool
) -> None:
    with Window(chromium, live_server.url, js=js) as me:
        me.open("/")
        me.press("不注册，先试试")
        me.shows("试用中")
        case = re.sub(r"(/c/\d+).*", r"\1", me.page.locator("nav a[href*='/budget']").first.get_attribute("href") or "")
        import_the_file(me, case, tmp_path)
        confirm_what_comes_back(me, case)
        add_the_loan_it_repays(me, case)
        red = see_the_red_day(me, case)
        mend_it(me, case, red)


def import_the_file(me: Window, case: str, tmp_path: Path) -> None:
    file = tmp_path / "工资卡.csv"
    file.write_bytes(as_csv())
    me.open(f"{case}/imports")
    me.look("r1-import")
    me.page.set_input_files("#file", file)
    me.press("读取文件")
    me.shows("80 条新记录", "2025年12月5日", "2026年11月22日")
    me.look("r2-look")
    me.press("没错，添加")
    me.shows("新增 80 条")
    me.look("r3-added")


def confirm_what_comes_back(me: Window, case: str) -> None:
    me.press("看看定期收支")
    me.shows(WAGE, "每月10日", "+¥6,800", RENT, "每季")
    me.look("r4-recurring")
    for who, name, category in (
        (WAGE, "工资", "wage"), (RENT, "房租", "rent"), (MOTHER, "给爸妈", "elders"), (POWER, "电费", "housing")
    ):  # fmt: skip
        me.press(who)
        me.fill(name=name, category=category)
        me.look(f"r5-{category}")
        me.press("加进预算")
        me.shows(f"「{name}」已加进预算")
    me.open(f"{case}/budget")
    me.shows("工资", "房租", "给爸妈")


def add_the_loan_it_repays(me: Window, case: str) -> None:
    me.open(f"{case}/history/recurring")
    me.press(HAIER)
    me.press("是还一笔还没加进来的借款")
    assert me.field("creditor").input_value() == HAIER
    me.choose("method", "payment_plan")
    me.fill(principal="20,000", payment="1,816.67", instalments="12", start_date="2026-06-18", paid_before="0")
    me.press("保存借款")
    me.open(f"{case}/history/recurring")
    me.shows(f"像是还「{HAIER}」")
    me.press(HAIER)
    me.shows("有 5 笔可记")
    me.look("r6-repays")
    me.press("对，是还这笔")
    me.shows(f"已在「{HAIER}」记下 5 笔还款")
    me.open(f"{case}/loans")
    me.shows("已还 5 期，共 12 期")


def see_the_red_day(me: Window, case: str) -> str:
    me.open(f"{case}/radar")
    me.fill(balance="600")
    me.press("看看接下来的日子")
    me.shows("12月18日", HAIER, "差 ¥195.07", "1月10日起又够了")
    me.look("r7-red")
    me.press("看看办法")
    me.look("r8-ways")
    return me.page.url


def mend_it(me: Window, case: str, red: str) -> None:
    """The first way out is done here; the lowest point it promised is then that of the cash flow."""
    promised = me.page.locator("main li", has=me.page.locator("button.go")).first.inner_text()
    lowest = re.search(r"之后最低 (.+?)（", promised)
    assert lowest is not None, promised
    me.page.locator("main li button.go").first.click()
    me.page.wait_for_load_state()
    me.open(f"{case}/radar")
    me.shows(lowest[1])
    assert red.rsplit("/", 1)[1] not in me.page.content()
    me.look("r9-mended")
    me.open(red)
    me.shows("2026年12月18日已经不差钱了")
