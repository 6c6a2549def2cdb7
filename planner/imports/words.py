"""The sentences of planner/statements/wording.py in the reader's language, by their codes."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from flask_babel import lazy_gettext as _l

from ..formatting import money
from ..statements.values import BadRow, Doubt, Unreadable, known_currency, unit_digits

DOUBTS = {
    "sign_guessed": _l("Whether a plain number means money in or out is a guess."),
    "sign_contradicts": _l("In some rows the sign contradicts the word for in or out; the word was followed."),
    "sign_against_type": _l("In some rows the sign contradicts the kind of transaction; the sign was followed."),
    "below_zero": _l("Some incomes or expenses are below zero; they lower the sum."),
    "direction_unknown": _l("Some rows do not say whether money came in or went out; they count as neither."),
    "date_order_guessed": _l("The order of day, month and year in the dates is a guess."),
    "year_guessed": _l("The dates have no year; the year is a guess."),
    "date_adjusted": _l("Some dates do not exist, such as 30 February; they were moved to the month's last day."),
    "undated": _l("Some rows have no usable date; they are counted all the same."),
    "decimal_guessed": _l("Whether a comma or a point separates the decimals is a guess."),
    "grouping_odd": _l("The digits of some amounts are grouped unusually."),
    "currency_unknown": _l("The file does not say in which currency it is."),
    "currency_guessed": _l("The currency is a guess."),
    "columns_guessed": _l("Which column means what is a guess."),
    "encoding_guessed": _l("How the letters of the file are to be read is a guess."),
    "failed_counted": _l("Rows marked as refunded, returned, revoked or reversed are counted as the file lists them."),
    "pending_counted": _l("Rows marked as pending are counted."),
    "pending_skipped": _l("Rows that are not booked yet are not read."),
    "counted_back": _l("Amounts below zero in a column for money in or out are counted the other way."),
    "balance_rows": _l("Rows that state a balance or a total count as neither in nor out."),
    "fees_apart": _l("Fees in a column or remark of their own are not counted."),
    "information_only": _l("Entries for information only count as neither in nor out."),
    "rows_stated": _l("The file says it has another number of rows than it holds."),
    "balance_differs": _l("The balances do not follow from the amounts; rows may be missing."),
    "extra_decimals": _l("Some amounts have more decimals than the currency; they are rounded when stored."),
    "repeated_sheet": _l("A sheet repeats rows of another sheet; they are counted once."),
    "investments_skipped": _l("Investment rows are not read."),
    "part_missing": _l("The bank left out a part of the statement."),
    "cut_off": _l("The file seems to be cut off; rows or digits may be missing at its end."),
    "no_rows": _l("The file holds no transactions."),
}
BAD_ROWS = {
    "no_date": _l("the date cannot be read"),
    "no_amount": _l("the amount cannot be read"),
    "no_sign": _l("it does not say whether money came in or went out"),
    "malformed": _l("the row cannot be read"),
    "too_large": _l("the amount is too large to be true"),
}
REFUSALS = {
    "too_large": _l("The file is larger than 10 MB. Export a shorter time, such as three months"),
    "too_many_rows": _l("The file has too many rows. Export a shorter time, such as a year"),
    "empty": _l("The file is empty. Export it again"),
    "pdf": _l("A PDF cannot be read. Download the statement as CSV, XLSX or OFX"),
    "picture": _l("A picture cannot be read. Download the statement as CSV, XLSX or OFX"),
    "packed": _l(
        "This is a packed archive. Unpack it first, with the password your wallet sent you, and choose the file inside"
    ),
    "html": _l("This is a web page, not a statement. Download the statement as CSV, XLSX or OFX"),
    "bank_error": _l("The bank answered with an error instead of a statement. Export it again"),
    "investment_only": _l("The file holds only investments, no account. Export the account you pay from"),
    "mapping": _l("The columns chosen do not fit this file. Choose others"),
    "workbook": _l("The workbook is damaged, protected or empty. Save it again without a password"),
}
OTHER = _l("This file cannot be read as a statement. Download it as CSV, XLSX or OFX, and unchanged")


def doubt_words(doubt: Doubt) -> str:
    """A doubt, with how many rows it concerns where that is known."""
    count = dict(doubt.params).get("count")
    return f"{DOUBTS[doubt.code]} ({count})" if count else str(DOUBTS[doubt.code])


def bad_row_words(row: BadRow) -> str:
    """Why a row could not be read."""
    return str(BAD_ROWS[row.code])


def refusal_words(refused: Unreadable) -> str:
    """Why a file could not be read, and what to do."""
    return str(REFUSALS.get(refused.code, OTHER))


def amount(value: Decimal, code: str | None) -> str:
    """An exact amount of a file with its currency's sign; bare where the currency is not known."""
    digits = unit_digits(code)
    if code is None or known_currency(code) is None:
        return f"{value:.{digits}f}"
    return money(int(value.scaleb(digits).to_integral_value(ROUND_HALF_UP)), code, cents=True)
