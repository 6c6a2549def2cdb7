"""Fingerprints: what stays the same between exports, and what stays apart within one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.statements.values import Statement

from .reading import read_text

HEAD = "Date,Description,Debit,Credit,Status\n"


def bank(*rows: str) -> Statement:
    """A statement of these rows."""
    return read_text(HEAD + "".join(row + "\n" for row in rows), account_currency="EUR")


def marks(statement: Statement) -> list[str]:
    """The fingerprints in order."""
    return [entry.fingerprint for entry in statement.entries]


def test_two_purchases_alike_on_one_day_stay_two() -> None:
    row = "2024-01-05,Coffee,3.50,,Booked"
    assert len(set(marks(bank(row, row, row)))) == 3


def test_the_same_rows_in_another_export_have_the_same_marks() -> None:
    first = bank("2024-01-05,Coffee,3.50,,Pending", "2024-01-05,Coffee,3.50,,Booked", "2024-01-06,Rent,700.00,,Booked")
    later = bank(
        "2024-01-05,Coffee,3.50,,Booked", "2024-01-05,Coffee,3.50,,Booked", "2024-01-06,Rent,700,,Booked", "2024-01-07,New,1,,Booked"
    )  # fmt: skip
    assert marks(later)[:3] == marks(first)
    assert marks(later)[3] not in marks(first)


def test_the_currency_a_user_adds_takes_no_part() -> None:
    text = HEAD + "2024-01-05,Coffee,3.50,,Booked\n"
    assert marks(read_text(text)) == marks(read_text(text, account_currency="CAD"))


def test_amount_day_direction_text_and_account_tell_rows_apart() -> None:
    rows = (
        "2024-01-05,A,3.50,,",
        "2024-01-06,A,3.50,,",
        "2024-01-05,A,3.51,,",
        "2024-01-05,A,,3.50,",
        "2024-01-05,B,3.50,,",
    )
    assert len(set(marks(bank(*rows)))) == len(rows)


def test_marks_are_kept_for_ever() -> None:
    # Stored with every imported row: should this change, old imports would no longer be recognised.
    assert marks(bank("2024-01-05,Coffee,3.50,,Booked")) == ["ea8e9ee03ae3a1af3aac95f9871793bd"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["2024-01-05,A,1,,", "2024-01-05,B,2,,", "2024-01-06,A,,1,"]), min_size=1, max_size=12),
    st.randoms(),
)
def test_order_and_overlap_do_not_matter(rows: list[str], random: object) -> None:
    turned = list(reversed(rows))
    assert sorted(marks(bank(*rows))) == sorted(marks(bank(*turned)))
    for kept in range(1, len(rows)):
        assert set(marks(bank(*rows[:kept]))) <= set(marks(bank(*rows)))
