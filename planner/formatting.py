"""Money, rates and dates as people of a locale read them (design/DESIGN.md section 5), by Babel's data only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date as babel_date
from babel.lists import format_list
from babel.numbers import format_decimal, get_currency_symbol
from flask_babel import get_locale

from .engine.money import currency as find_currency

MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"
MOST_SHOWN = 10_000  # a rate of a million per cent
_HOME = {"CNY": "zh_Hans_CN", "USD": "en_US", "GBP": "en_GB", "EUR": "de", "JPY": "ja"}
_PATTERNS = {
    "zh": {
        "day": "M月d日", "full": "y年M月d日", "month": "y年M月", "chart": "M/d", "weekday": "M月d日 EEE", "month_short": "M月",
    },
    "en": {
        "day": "d MMM", "full": "d MMM y", "month": "MMM y", "chart": "d MMM", "weekday": "EEE d MMM", "month_short": "MMM",
    },
}  # fmt: skip


def listed(names: Iterable[str]) -> str:
    """Names as in a sentence: A, B, and C. Empty ones are left out, and so is what was named before."""
    return format_list(list(dict.fromkeys(filter(None, names))), locale=get_locale() or "en")


def symbol(code: str) -> str:
    """The sign people of the currency's own country write: ¥, $, £; the code where Babel has none."""
    return get_currency_symbol(code, locale=_HOME.get(code, "en"))


def money(minor: int, code: str, *, sign: bool = False, cents: bool | None = None) -> str:
    """¥1,816.67 for 181667 and CNY. Whole amounts have no decimals unless `cents` is true (a table column).

    A minus stands before the sign; a plus only when `sign` is asked for (money in).
    """
    digits = find_currency(code).minor_digits
    whole = minor % 10**digits == 0 if cents is None else not cents
    pattern = "#,##0" if whole or digits == 0 else "#,##0." + "0" * digits
    number = format_decimal(abs(Decimal(minor).scaleb(-digits)), format=pattern, locale=_locale())
    before = MINUS if minor < 0 else "+" if sign and minor > 0 else ""
    return f"{before}{symbol(code)}{number}"


def amount_input(minor: int | None, code: str) -> str:
    """The plain number for an input field: 1816.67."""
    if minor is None:
        return ""
    digits = find_currency(code).minor_digits
    value = Decimal(minor).scaleb(-digits)
    return str(value.quantize(Decimal(1))) if value == value.to_integral() else format(value, "f")


def percent(rate: Decimal | float | None, digits: int = 1) -> str:
    """16.2% for 0.1622; an en dash when there is no rate. Beyond a million per cent only that it is more."""
    if rate is None:
        return "–"
    if abs(Decimal(str(rate))) > MOST_SHOWN:
        return "> 1,000,000%"
    value = round(Decimal(str(rate)) * 100, 10).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return (
        format_decimal(value, format="0." + "0" * digits if digits else "0", locale=_locale()).replace("-", MINUS) + "%"
    )


def day(value: date, style: str = "day") -> str:
    """A date: 12月18日 or 18 Dec. Styles: day, full (with the year), month, chart, weekday, month_short. No line break inside."""
    return _day(value, style, _locale())


@lru_cache(maxsize=4096)  # the same days stand on every page and in every message of a morning
def _day(value: date, style: str, locale: str) -> str:
    patterns = _PATTERNS["zh" if locale.startswith("zh") else "en"]
    return babel_date(value, format=patterns[style], locale=locale).replace(" ", NBSP)


def clock_time(moment: datetime, timezone: str) -> str:
    """22:14 on the wall of `timezone`."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%H:%M")


def local_day(value: datetime, timezone: str, style: str = "day") -> str:
    """The date of an instant on the calendar of `timezone`, in the styles of `day`."""
    return day(value.astimezone(ZoneInfo(timezone)).date(), style)


def moment(value: datetime, timezone: str) -> str:
    """A date and a time on the wall of `timezone`."""
    return f"{local_day(value, timezone)} {clock_time(value, timezone)}"


def _locale() -> str:
    return str(get_locale() or "zh_Hans_CN")
