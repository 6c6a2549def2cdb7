"""Fields of several lines, one part of a contract a line: "2027-01-01 3.45". An error names the line it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from ..engine.money import currency as find_currency
from ..engine.parts import Disbursement, RateChange, Span
from ..formatting import amount_input, money
from ..forms import FIRST_DATE, LAST_DATE, MAX_MINOR, plain_number

_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－／＝％　", "0123456789.-/=% ")
_DAY = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_LINE = re.compile(_DAY + r"(?:[\s,，、:：;；]+(.*))?", re.DOTALL)
_MOST_CHARACTERS = 40_000


class LinesField(TextAreaField):
    """Lines that each begin with a date. `data` is a tuple of what `entry` makes of them, () for none.

    Shows again what was typed, word for word. Subclasses say what follows the date, and which sentence asks for it.
    """

    ask: Any = ""

    def __init__(self, label: Any = None, validators: Any = None, *, most: int, **kwargs: Any) -> None:
        super().__init__(label, validators or [], default=(), **kwargs)
        self.most = most

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "\n".join(map(self.line, self.data or ()))

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        self.data = ()
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(_l("Enter at most %(n)d lines", n=self.most))
        lines = [(n, line) for n, line in enumerate(text.translate(_FULL_WIDTH).splitlines(), 1) if line.strip()]
        if len(lines) > self.most:
            raise ValueError(_l("Enter at most %(n)d lines", n=self.most))
        self.data = tuple(self._read(n, line.strip()) for n, line in lines)

    def _read(self, n: int, line: str) -> Any:
        """One line. Raises ValueError with the sentence for its reader, which begins with the line's number."""
        found = _LINE.fullmatch(line)
        try:
            if found is None:
                raise ValueError
            return self.entry(_day(*found.group(1, 2, 3)), (found[4] or "").strip())
        except ValueError as error:
            self.data = ()
            why = error.args[0] if error.args and not isinstance(error.args[0], str) else self.ask
            raise ValueError(_l("Line %(n)d: %(why)s", n=n, why=why)) from None

    def entry(self, on: date, rest: str) -> Any:
        """What a line says. Raises ValueError, with a sentence of its own or none."""
        raise NotImplementedError

    def line(self, entry: Any) -> str:
        """How a stored entry stands in the field: the inverse of `entry`."""
        raise NotImplementedError


class DatedAmountsField(LinesField):
    """Lines of a date and an amount in `currency`, as Disbursement(on, amount_minor)."""

    ask = _l("Write a date and an amount, such as 2026-12-18 1,816.67")
    _currency = "CNY"

    @property
    def currency(self) -> str:
        """The currency's code. Setting it reads again what was typed."""
        return self._currency

    @currency.setter
    def currency(self, code: str) -> None:
        self._currency = code
        if self.raw_data:
            self.process_errors = []
            try:
                self.process_formdata(self.raw_data)
            except ValueError as error:
                self.process_errors.append(error.args[0])

    def entry(self, on: date, rest: str) -> Disbursement:
        """Whole minor units, above zero."""
        digits = find_currency(self._currency).minor_digits
        value = plain_number(rest).scaleb(digits)
        if value != value.to_integral_value():
            raise ValueError(_l("Use at most %(n)d decimals", n=digits))
        if value <= 0:
            raise ValueError(_l("Enter an amount above zero"))
        if value > MAX_MINOR:
            raise ValueError(_l("Enter an amount of at most %(most)s", most=money(MAX_MINOR, self._currency)))
        return Disbursement(on, int(value))

    def line(self, entry: Disbursement) -> str:
        return f"{entry.on.isoformat()} {amount_input(entry.amount_minor, self._currency)}"


class RateChangesField(LinesField):
    """Lines of a date and a yearly rate in per cent; a last `=` says that the instalment stays as it is."""

    ask = _l("Write a date and the new yearly rate in per cent, such as 2027-01-01 3.45")

    def entry(self, on: date, rest: str) -> RateChange:
        """A rate of 0 to 1,000 per cent with at most 8 decimals, as a fraction."""
        rate = plain_number(rest.rstrip("= ").rstrip("%"))
        if not 0 <= rate <= 1000:
            raise ValueError(_l("Enter a rate between 0 and %(most)d per cent", most=1000))
        if rate != round(rate, 8):
            raise ValueError(_l("Use at most 8 decimals"))
        return RateChange(on, rate / 100, not rest.endswith("="))

    def line(self, entry: RateChange) -> str:
        rate = format((entry.annual_rate * 100).normalize(), "f") if entry.annual_rate else "0"
        return f"{entry.effective.isoformat()} {rate}{'' if entry.resolve else ' ='}"


class SpansField(LinesField):
    """Lines of two dates: from, to."""

    ask = _l("Write two dates, from and to, such as 2027-02-01 2027-05-01")

    def entry(self, on: date, rest: str) -> Span:
        """The second date is not before the first; the engine looks at that."""
        found = re.fullmatch(_DAY, rest)
        if found is None:
            raise ValueError
        return Span(on, _day(*found.groups()))

    def line(self, entry: Span) -> str:
        return f"{entry.first.isoformat()} {entry.last.isoformat()}"


def _day(year: str, month: str, day: str) -> date:
    """A day of the calendar. Raises ValueError, with a sentence for days beyond what any loan needs."""
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(_l("Enter a date such as 2026-12-18")) from None
    if not FIRST_DATE <= found <= LAST_DATE:
        least, most = FIRST_DATE.isoformat(), LAST_DATE.isoformat()
        raise ValueError(_l("Enter a date between %(least)s and %(most)s", least=least, most=most))
    return found


def shown_rate(rate: Decimal) -> Decimal:
    """A rate as a field can show it: a fraction with at most 10 decimals, so 8 in per cent."""
    return rate if rate == round(rate, 10) else round(rate, 10)
