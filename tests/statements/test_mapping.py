"""The guessed mapping: shown, corrected, kept as JSON, and used for the next file of the same bank."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from planner.statements.dates import Order
from planner.statements.detector import guess_mapping, read
from planner.statements.layouts import Sign
from planner.statements.mapping import Mapping
from planner.statements.values import Unreadable

from .reading import days, doubts, sums
from .test_chinese_tables import ALIPAY_APP
from .test_ofx import SGML
from .test_tables import CASES
from .workbooks import workbook

CARD = b"Date;Merchant;Amount\n05/03/2024;Shop;10,00\n06/03/2024;Cafe;2,50\n07/03/2024;Payment;-5,00\n"


def test_what_is_guessed_can_be_corrected() -> None:
    guessed = guess_mapping(CARD)
    assert guessed is not None
    assert (guessed.date, guessed.counterparty, guessed.amount, guessed.delimiter) == ((0,), (1,), 2, ";")
    assert guessed.header == ("Date", "Merchant", "Amount")
    right = replace(guessed, sign=Sign.OUT, order=Order.DAY_FIRST, unit="EUR")
    statement = read(CARD, mapping=right)
    assert sums(statement) == {"in EUR": "5.00", "out EUR": "12.50"}
    assert days(statement)[0] == "2024-03-05"
    assert doubts(statement) == set()


def test_a_mapping_survives_as_json_and_reads_the_next_file() -> None:
    guessed = guess_mapping(CARD)
    assert guessed is not None
    stored = json.dumps(replace(guessed, sign=Sign.OUT, order=Order.DAY_FIRST, unit="EUR").to_dict())
    kept = Mapping.from_dict(json.loads(stored))
    assert kept.confirmed
    moved = b"Exported today\n\n" + CARD.replace(b"2024", b"2025")
    assert sums(read(moved, mapping=kept)) == {"in EUR": "5.00", "out EUR": "12.50"}


@pytest.mark.parametrize("name", CASES)
def test_the_guess_itself_reads_what_reading_without_it_reads(name: str) -> None:
    data = CASES[name][0].encode()
    guessed = guess_mapping(data)
    assert guessed is not None
    assert sums(read(data, mapping=guessed)) == CASES[name][1]


def test_columns_without_names_can_be_chosen_by_number() -> None:
    data = b"x;2024-01-05;Shop;3,00;EUR\nx;2024-01-06;Work;-9,00;EUR\n"
    chosen = Mapping(None, delimiter=";", date=(1,), amount=3, text=(2,), currency=4, sign=Sign.OUT, confirmed=True)
    statement = read(data, mapping=chosen)
    assert sums(statement) == {"in EUR": "9.00", "out EUR": "3.00"}
    assert doubts(statement) == set()


def test_formats_that_say_everything_need_no_mapping() -> None:
    assert guess_mapping(SGML.encode("cp1252")) is None
    assert guess_mapping(ALIPAY_APP.encode("gb18030")) is not None


def test_workbooks_have_a_mapping_too() -> None:
    guessed = guess_mapping(
        workbook({"Notes": [["read me"]], "Rows": [["Date", "Payee", "Amount"], ["2024-01-05", "A", -3]]})
    )
    assert guessed is not None
    assert (guessed.sheet, guessed.amount) == ("Rows", 2)


@pytest.mark.parametrize(
    "values", [{}, {"date": [0]}, {"date": [0], "amount": -1}, {"date": ["x"], "amount": 1}, {"date": [0], "amount": 1, "sign": "?"}, {"date": 5, "amount": 1}]
)  # fmt: skip
def test_stored_values_that_make_no_mapping_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(Unreadable, match="mapping"):
        Mapping.from_dict(values)


def test_a_mapping_that_finds_nothing_is_refused() -> None:
    with pytest.raises(Unreadable, match="mapping"):
        read(CARD, mapping=Mapping(1, delimiter=";", date=(7,), amount=8, confirmed=True))


def test_a_chosen_mapping_leaves_tables_with_other_names_alone() -> None:
    book = workbook({
        "Card": [["Date", "Payee", "Amount"], ["2024-01-05", "A", 3]],
        "Bank": [["Date", "Balance", "Payee", "Amount"], ["2024-01-06", 90, "B", -10], ["2024-01-07", 110, "C", 20]],
    })  # fmt: skip
    guessed = guess_mapping(book)
    assert guessed is not None
    statement = read(book, mapping=replace(guessed, sign=Sign.OUT, unit="EUR"), account_currency="EUR")
    assert sums(statement) == {"in EUR": "20.00", "out EUR": "13.00"}


def test_what_is_chosen_by_line_is_read_below_that_line() -> None:
    data = b"Exported by me\nWhen;Who;How much\n05/03/2024;Shop;10,00\n06/03/2024;Cafe;2,50\n"
    chosen = Mapping(2, delimiter=";", date=(0,), amount=2, text=(1,), sign=Sign.OUT, unit="EUR", order=Order.DAY_FIRST)
    assert sums(read(data, mapping=chosen)) == {"out EUR": "12.50"}


def test_the_decimal_mark_stays_asked_until_it_is_said() -> None:
    data = b"Date;Merchant;Amount\n2024-03-05;Shop;-1,234\n2024-03-06;Cafe;+2,500\n"
    guessed = guess_mapping(data)
    assert guessed is not None
    assert "decimal_guessed" in doubts(read(data, mapping=replace(guessed, decimal=None, confirmed=True)))
    assert "decimal_guessed" not in doubts(read(data, mapping=replace(guessed, decimal=".", confirmed=True)))


def test_what_a_chosen_mapping_leaves_open_is_guessed() -> None:
    guessed = guess_mapping(CARD)
    assert guessed is not None
    found = guess_mapping(CARD, replace(guessed, sign=None, order=Order.MONTH_FIRST, confirmed=True))
    assert found is not None
    assert (found.sign, found.order, found.decimal) == (guessed.sign, Order.MONTH_FIRST, ",")
