"""Form fields every feature shares: what people type becomes exact values, or a sentence that says what to type instead.

Messages are translated when shown. A failed form keeps everything that was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, IntegerField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError

from .engine.money import currency as find_currency
from .formatting import amount_input, money

MAX_MINOR = 10**13
FIRST_DATE, LAST_DATE = date(1970, 1, 1), date(2100, 12, 31)
_IGNORED = str.maketrans("", "", " ,\u00a0\u202f\u3000，¥￥$£€元")
_FULL_WIDTH = {ord("０") + n: ord("0") + n for n in range(10)} | {
    ord("．"): ord("."),
    ord("。"): ord("."),
    ord("－"): ord("-"),
}


def plain_number(text: str) -> Decimal:
    """The number in what people type: 1,816.67, ￥1816.67 and １８１６ are all numbers.

    Raises ValueError for anything else, infinities and exponents included.
    """
    cleaned = text.strip().translate(_FULL_WIDTH).translate(_IGNORED).replace("−", "-")
    if not cleaned or cleaned.strip("-0123456789.") or len(cleaned) > 30:
        raise ValueError("not a number")
    try:
        return Decimal(cleaned)
    except InvalidOperation:
        raise ValueError("not a number") from None


class Form(FlaskForm):
    """A form of this app. `version` is the version of the row that was opened, to notice that somebody else saved."""

    version = HiddenField()

    def is_stale(self, row_version: int) -> bool:
        """Whether the row was saved by somebody else since this form was opened."""
        return bool(self.version.data) and self.version.data != str(row_version)

    def refuse(self, field: str, message: Any) -> None:
        """Put an error the engine found beside the field it names."""
        target = self._fields.get(field)
        errors = target.errors if target is not None else self.form_errors
        if target is not None:
            target.errors = [*errors, message]
        else:
            self.form_errors.append(message)


class _TypedField(Field):
    """A text field whose data is a parsed value; shows again what was typed when that could not be parsed."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.shown(self.data)

    def shown(self, value: Any) -> str:
        """How a stored value stands in the input."""
        return "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = self.parse(text) if text else None

    def parse(self, text: str) -> Any:
        """The value of a text that is not empty. Raises ValueError with the message for the reader."""
        raise NotImplementedError

    # WTForms renders through a widget; ours is the template macro, which asks for _value() itself.
    def widget(self, field: Field, **kwargs: Any) -> str:
        raise TypeError("render this field with macros/forms.html")


class MoneyField(_TypedField):
    """An amount in the currency of `field.currency` (the case's unless the view sets another), as int minor units."""

    def __init__(self, label: Any = None, validators: Any = None, *, currency: str = "CNY", zero: bool = False,
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(label, validators, **kwargs)
        self._currency, self.zero = currency, zero

    @property
    def currency(self) -> str:
        """The currency's code. Setting it reads again what was typed: 500 is 50000 fen, but 500 yen."""
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

    def shown(self, value: int | None) -> str:
        return amount_input(value, self.currency)

    def parse(self, text: str) -> int:
        digits = find_currency(self.currency).minor_digits
        try:
            value = plain_number(text).scaleb(digits)
        except ValueError:
            raise ValueError(_l("Use numbers only, such as 1,816.67")) from None
        if value != value.to_integral_value():
            raise ValueError(_l("Use at most %(n)d decimals", n=digits))
        minor = int(value)
        if minor < 0 or (minor == 0 and not self.zero):
            raise ValueError(_l("Enter an amount above zero"))
        if minor > MAX_MINOR:
            raise ValueError(_l("Enter an amount of at most %(most)s", most=money(MAX_MINOR, self.currency)))
        return minor


class PercentField(_TypedField):
    """A rate per year typed in per cent (9.5), as a Decimal fraction (0.095)."""

    def __init__(self, label: Any = None, validators: Any = None, *, most: int = 1000, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.most = most

    def shown(self, value: Decimal | None) -> str:
        return "" if value is None else format((value * 100).normalize(), "f")

    def parse(self, text: str) -> Decimal:
        try:
            value = plain_number(text.rstrip("%％"))
        except ValueError:
            raise ValueError(_l("Enter the rate in per cent, such as 9.5")) from None
        if not 0 <= value <= self.most:
            raise ValueError(_l("Enter a rate between 0 and %(most)d per cent", most=self.most))
        if -value.as_tuple().exponent > 8:  # type: ignore[operator]  # plain_number admits no infinities
            raise ValueError(_l("Use at most 8 decimals"))
        return value / 100


class WholeNumberField(_TypedField):
    """A whole number between `least` and `most`."""

    def __init__(self, label: Any = None, validators: Any = None, *, least: int = 0, most: int = 10**6,
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(label, validators, **kwargs)
        self.least, self.most = least, most

    def parse(self, text: str) -> int:
        try:
            value = plain_number(text)
        except ValueError:
            value = Decimal("0.5")
        if value != value.to_integral_value() or not self.least <= value <= self.most:
            raise ValueError(_l("Enter a whole number from %(least)d to %(most)d", least=self.least, most=self.most))
        return int(value)


class DayField(_TypedField):
    """A date between `least` and `most`, as browsers send it (2026-12-18) or typed as 2026/12/18 or 2026年12月18日."""

    def __init__(self, label: Any = None, validators: Any = None, *, least: date = FIRST_DATE, most: date = LAST_DATE,
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(label, validators, **kwargs)
        self.least, self.most = least, most

    def parse(self, text: str) -> date:
        cleaned = text.translate(_FULL_WIDTH)
        for mark in "年月/.":
            cleaned = cleaned.replace(mark, "-")
        try:
            year, month, day = (int(part) for part in cleaned.replace("日", "").split("-"))
            value = date(year, month, day)
        except ValueError:
            raise ValueError(_l("Enter a date such as 2026-12-18")) from None
        return value

    def pre_validate(self, form: Any) -> None:
        """Check the bounds last, when the view has set them."""
        if self.data is not None and not self.least <= self.data <= self.most:
            least, most = self.least.isoformat(), self.most.isoformat()
            raise StopValidation(str(_l("Enter a date between %(least)s and %(most)s", least=least, most=most)))


class TextField(StringField):
    """One line of text, trimmed; empty becomes None."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = " ".join(str(valuelist[0]).replace("\0", "").split()) if valuelist else ""
        self.data = text or None


class LongTextField(TextAreaField):
    """Several lines of text, trimmed; empty becomes None."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = str(valuelist[0]).replace("\0", "").replace("\r\n", "\n").strip() if valuelist else ""
        self.data = text or None


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Choices from (value, label) pairs."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


class Choice(SelectField):
    """One of several, given as (value, label) pairs; an unknown value gets a sentence, not a list of codes."""

    def __init__(self, label: Any = None, validators: Any = None, *, choices: Any = None, **kwargs: Any) -> None:
        sentence = _l("Choose one of the options")
        made = None if choices is None else options(choices)
        super().__init__(label, validators, choices=made, invalid_value_message=sentence, **kwargs)

    def pre_validate(self, form: Any) -> None:
        if self.data not in {choice.value for choice in self.iter_choices()}:
            raise StopValidation(str(_l("Choose one of the options")))


class RadioChoice(Choice, RadioField):
    """One of a few, shown side by side."""


def required(message: Any) -> list[Any]:
    """The field must be filled; `message` says what to enter (Enter the amount you borrowed)."""
    return [Filled(message)]


def optional() -> list[Any]:
    """The field may stay empty."""
    return [Optional()]


def at_most(characters: int) -> Length:
    """Refuse longer texts, saying how long they may be."""
    return Length(max=characters, message=_l("Use at most %(max)d characters", max=characters))


class Filled(InputRequired):
    """InputRequired that keeps a parsing error instead of hiding it behind "missing", and refuses blanks."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.errors:
            raise StopValidation
        if field.data is None or (isinstance(field.data, str) and not field.data.strip()):
            raise StopValidation(self.message)


__all__ = [
    "Choice", "DayField", "Filled", "Form", "HiddenField", "IntegerField", "LongTextField", "MoneyField", "PercentField",
    "RadioChoice", "TextField", "ValidationError", "WholeNumberField", "at_most", "optional", "options", "required",
]  # fmt: skip
