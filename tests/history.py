"""Twelve months of one household's bank rows, written out by hand's rules: what comes back, what varies, what is no income."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

WAGE, POWER, HAIER, RENT, MOTHER = "远大物流有限公司", "国家电网", "海尔消费金融有限公司", "自如", "张淑芬"
NOODLES = "老王面馆"  # no word of any heading
MONTHS = [(2025, 12), *((2026, month) for month in range(1, 12))]
POWER_BILLS = (17_630, 21_120, 22_050, 16_900, 17_200, 18_000, 17_990, 18_410, 18_620, 17_100, 17_840, 17_760)


def rows() -> Iterator[tuple[date, int, str, str]]:
    """(day, minor units, other side, text), money out negative; until the end of November 2026."""
    for i, (year, month) in enumerate(MONTHS):
        yield date(year, month, 5), 50_000, "零钱提现", "提现到账"
        yield date(year, month, 10), 655_000 if i % 4 == 0 else 680_000, WAGE, "代发工资"
        yield date(year, month, 12), -POWER_BILLS[i], POWER, "电费"
        if month % 3 == 0 and year == 2026:
            yield date(year, month, 15), -480_000, RENT, "房租"
        yield date(year, month, 16), -80_000, MOTHER, "转账"
        if i >= 7:
            yield date(year, month, 18), -181_667, HAIER, "代扣还款"
        yield date(year, month, 20), -4_200, NOODLES, ""
        yield date(year, month, 22), 4_500, "淘宝", "退款"


def as_csv(first: date = date(2025, 1, 1), last: date = date(2027, 12, 31)) -> bytes:
    """Those of these days, as a bank's table."""
    lines = [
        f"{day},{who},{text},{minor / 100:.2f},CNY" for day, minor, who, text in sorted(rows()) if first <= day <= last
    ]
    return "\n".join(["日期,对方,摘要,金额,币种", *lines, ""]).encode()
