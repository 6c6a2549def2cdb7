"""A complaint written on a phone: filled, edited, taken away twice, filled again without losing what was edited."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.browser.conftest import LiveServer
from tests.browser.looking import Window
from tests.browser.test_pages import sign_in

pytestmark = pytest.mark.browser


def download(me: Window, label: str) -> bytes:
    with me.page.expect_download() as waiting:
        me.press(label)
    return Path(waiting.value.path()).read_bytes()


def ready(me: Window) -> None:
    """The buttons work again soon after a download."""
    me.page.locator("button[aria-disabled]").wait_for(state="detached", timeout=5000)


@pytest.mark.parametrize("js", [True, False])
def test_a_letter_is_edited_and_taken_away_more_than_once(chromium: Any, demo_server: LiveServer, js: bool) -> None:
    with Window(chromium, demo_server.url, js=js) as me:
        sign_in(me)
        me.press("方案")
        me.press("给贷方的信")
        me.press("对催收联系的投诉")
        me.press("海尔分期")
        me.page.locator("#c1-when").fill("12月9日 22:40")
        me.page.locator("#c1-what").fill("打电话到我单位")
        me.page.locator("#c1-rule").fill("不得联系无关第三人")
        me.press("写这封信")
        assert "可能不合规：不得联系无关第三人" in me.page.locator("#text").input_value()
        me.page.locator("#text").fill("我改过的信")
        assert "我改过的信" in PdfReader(BytesIO(download(me, "下载 PDF"))).pages[0].extract_text()
        ready(me)
        assert download(me, "下载文本").decode("utf-8-sig") == "我改过的信\r\n"
        ready(me)
        me.press("重新填写这封信")
        assert me.page.locator("#before").input_value() == "我改过的信"
        assert "打电话到我单位" in me.page.locator("#text").input_value()
        me.assert_clean()
