"""Files that once gave a wrong sum without a word, each on a fixture of our own."""

from __future__ import annotations

import pytest

from .reading import doubts, read_text, sums


@pytest.mark.parametrize(
    "text",
    [
        "Date,Description,Amount\n2024-01-05,x,-1,234.50\n2024-01-06,y,-2.00\n",
        "Datum,Text,Betrag,Währung\n05.01.2024,x,-10,50,EUR\n06.01.2024,y,-2,EUR\n",
        "Date,Description,Amount\nPending,x,-1,234.50\n2024-01-06,y,-2.00\n",
        "Datum,Text,Betrag,Währung,Info\n05.01.2024,x,-10,50,EUR,\n06.01.2024,y,-2,EUR,\n",
        "Date,Description,Amount\n2024-01-05,Shop, Ltd,-10.00\n2024-01-06,y,-2.00\n",
    ],
)
def test_a_comma_that_splits_a_row_makes_it_a_bad_row(text: str) -> None:
    statement = read_text(text, account_currency="EUR")
    assert [(row.line, row.code) for row in statement.bad_rows] == [(2, "malformed")]
    assert sums(statement) == {"out EUR": "2.00"}


def test_cells_beyond_the_names_that_are_blank_are_nothing() -> None:
    statement = read_text("Date,Description,Debit,Currency\n2024-01-05,x,1.00,EUR,,\n")
    assert (sums(statement), statement.bad_rows, doubts(statement)) == ({"out EUR": "1.00"}, [], set())
