"""Table layouts recognised by their column names: what is known of them beyond what their cells say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .vocabulary import DIRECTIONS


class Sign(StrEnum):
    """What a positive amount in a single amount column means."""

    IN = "in"
    OUT = "out"
    FIRST_WORD = "first_word"


@dataclass(frozen=True, slots=True)
class Layout:
    """A known layout: its format name, what positive means (None: to be found out), and its currency.

    `currency_sure` says that the layout has no other currency; `blank_is_neutral` that an empty direction means neither
    income nor expense; `keeps_sign` that amounts below zero lower the sum of their direction.
    """

    name: str
    sign: Sign | None = None
    currency: str | None = None
    currency_sure: bool = False
    blank_is_neutral: bool = False
    keeps_sign: bool = False


def _wallet(name: str) -> Layout:
    return Layout(name, currency="CNY", currency_sure=True, blank_is_neutral=True)


# The names that must all be there, and the layout they show; the first that fits is taken.
_KNOWN: tuple[tuple[frozenset[str], Layout], ...] = tuple(
    (frozenset(names.split("|")), layout)
    for names, layout in (
        ("收/支|对方账号|交易状态", _wallet("alipay")),
        ("收/支|交易号|商家订单号", _wallet("alipay")),
        ("收/支|交易号|交易创建时间", _wallet("alipay")),
        ("收/支|交易单号|商户单号", _wallet("wechat")),
        ("收/支|交易类型|支付方式|当前状态", _wallet("wechat")),
        ("收/支|商家订单号", _wallet("cnwallet")),
        ("收/支|订单标题", _wallet("cnwallet")),
        ("交易类型|子分类|成员|金额", Layout("cnapp", currency="CNY", keeps_sign=True)),
        ("交易类型|二级分类|成员|金额", Layout("cnapp", currency="CNY", keeps_sign=True)),
        ("交易说明|入账币种/金额", Layout("cnbank", Sign.FIRST_WORD)),
        ("交易摘要|入账金额|入账货币", Layout("cnbank", Sign.OUT)),
        ("人民币金额|卡号末四位", Layout("cnbank", Sign.OUT, "CNY", currency_sure=True)),
        ("交易描述|卡末四位", Layout("cnbank", Sign.OUT, "CNY")),
        ("item #|card #|transaction amount", Layout("", Sign.OUT, "CAD")),
        ("first bank card|transaction type", Layout("", None, "CAD")),
        ("iso_currency_code|merchant_name|amount", Layout("", Sign.OUT)),
        ("trans. date|post date|description|amount|category", Layout("", Sign.OUT, "USD")),
        ("original description|transaction type|account name", Layout("", None, "USD")),
        ("sort code|account number", Layout("", None, "GBP")),
        ("wallet txn id|source/destination", Layout("", None, "INR")),
        ("txn date|ref no./cheque no.", Layout("", None, "INR")),
    )
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_TRADITIONAL = re.compile("[餘額帳戶時間幣]")
OUT_WORDS = re.compile(r"消费|取现|预借现金|分期|利息|年费|手续费|违约金|滞纳金|网上支付|购汇|扣款|支出|转出")
IN_WORDS = re.compile(r"退货|退款|还款|返现|返还|撤销|冲正|入账|转入|收入|存入|溢缴")


def layout_of(header: Iterable[str]) -> Layout:
    """The layout these column names show; a nameless one where they show none."""
    names = {simple(cell) for cell in header}
    for wanted, layout in _KNOWN:
        if wanted <= names:
            return layout
    joined = "".join(names)
    if len(_CHINESE.findall(joined)) >= 6:
        return Layout("cnbank", currency=None if _TRADITIONAL.search(joined) else "CNY")
    return Layout("")


def simple(cell: str) -> str:
    """A column name in lower case without blanks at its ends and without a unit in brackets such as (元)."""
    text = unicodedata.normalize("NFKC", cell).strip(" \"'\t").lower()
    return re.sub(r"\s*\((元|人民币)\)$", "", text)


def looks_like_card(cells: Iterable[str]) -> bool:
    """Whether names or preamble speak of a credit card, where purchases are often listed as positive."""
    text = " ".join(cells).lower()
    return bool(re.search(r"credit card|\bcard\b|信用卡|末四位|kreditkarte|carte de crédit|\bvisa\b|mastercard", text))


def direction_word(cell: str) -> str | None:
    """The direction ("in", "out", "neutral") that a cell names; None for other text, "" for an empty cell."""
    text = unicodedata.normalize("NFKC", cell).strip().lower()
    if not text:
        return ""
    if text in DIRECTIONS:
        return DIRECTIONS[text]
    found = {DIRECTIONS.get(word) for word in re.split(r"[\s()]+", text) if word}
    return found.pop() if len(found) == 1 else None


def first_word_direction(text: str) -> str | None:
    """The direction that the first word of a Chinese card row names, such as 消费 or 信用卡还款; None for others."""
    word = re.split(r"[\s(（]", text.lstrip("(（"), maxsplit=1)[0][:12]
    if IN_WORDS.search(word):
        return "in"
    return "out" if OUT_WORDS.search(word) else None
