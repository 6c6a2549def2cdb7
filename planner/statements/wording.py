"""The sentences for doubts, bad rows and refusals, in English; pages translate them by their code."""

from __future__ import annotations

from .values import BadRow, Doubt, Unreadable

DOUBTS = {
    "sign_guessed": "which way the sign runs is a guess",
    "sign_contradicts": "the sign contradicts the word for in or out; the word was followed (rows: {count})",
    "sign_against_type": "the sign contradicts the transaction type; the sign was followed (rows: {count})",
    "below_zero": "incomes or expenses below zero lower the sum (rows: {count})",
    "direction_unknown": "rows that do not say whether money came in or went out are counted as neutral (rows: {count})",
    "date_order_guessed": "the order of day, month and year in the dates is a guess",
    "year_guessed": "the dates have no year; the year is a guess",
    "date_adjusted": "dates that do not exist, such as 30 February, were moved to the month's last day (rows: {count})",
    "undated": "rows without a usable date are counted (rows: {count})",
    "decimal_guessed": "whether a comma or point separates thousands or decimals is a guess (amounts: {count})",
    "grouping_odd": "the digits of an amount are grouped unusually (amounts: {count})",
    "currency_unknown": "the file does not say in which currency it is",
    "currency_guessed": "that the currency is {currency} is a guess",
    "columns_guessed": "which column means what is a guess",
    "encoding_guessed": "how letters outside English are to be read ({encoding}) is a guess",
    "failed_counted": "rows marked as closed, failed, refunded or reversed are counted as the file lists them (rows: {count})",
    "pending_counted": "rows marked as pending are counted (rows: {count})",
    "pending_skipped": "rows that are not booked yet are not read (rows: {count})",
    "counted_back": "amounts below zero in a column for money in or out are counted the other way (rows: {count})",
    "balance_rows": "rows that state a balance or a total are counted as neutral (rows: {count})",
    "fees_apart": "fees that stand in a column or remark of their own are not counted (rows: {count})",
    "information_only": "entries for information only are counted as neutral (rows: {count})",
    "rows_stated": "the file says it has {stated} rows, {present} are present",
    "balance_differs": "balances do not follow from the amounts; rows may be missing (places: {count})",
    "extra_decimals": "amounts have more decimals than the currency; they are rounded when stored (rows: {count})",
    "repeated_sheet": "the sheet {sheet} repeats rows of another sheet; they are counted once",
    "investments_skipped": "investment rows are not read (rows: {count})",
    "part_missing": "the bank left out a part of the statement: {message}",
    "cut_off": "the file seems to be cut off; rows or digits may be missing at its end",
    "no_rows": "the file holds no transactions",
}

BAD_ROWS = {
    "no_date": "the date cannot be read",
    "no_amount": "the amount cannot be read",
    "no_sign": "it is not said whether money came in or went out",
    "malformed": "the row cannot be read",
    "too_large": "the amount is too large to be true",
}

REFUSALS = {
    "missing": "there is no such file",
    "not_a_file": "this is not a file that can be read",
    "too_large": "the file is larger than {megabytes} MB",
    "too_many_rows": "the file has more than {rows} rows",
    "empty": "the file is empty",
    "pdf": "a PDF cannot be read; download the statement as CSV, XLSX or OFX",
    "picture": "a picture cannot be read; download the statement as CSV, XLSX or OFX",
    "packed": "this is a packed archive; unpack it first and give the file inside",
    "binary": "this is no text and no workbook",
    "html": "this is a web page, not a statement; download the statement as CSV, XLSX or OFX",
    "bomb": "the file unpacks to more than a statement can hold",
    "damaged": "the file is damaged in a way that was not foreseen",
    "workbook": "the workbook is damaged, protected or empty",
    "dtd": "the file contains a document type definition, which no statement needs",
    "xml": "the XML is damaged",
    "xml_kind": "this XML is no CAMT.053 statement",
    "json": "the JSON is damaged",
    "json_kind": "this JSON holds no list of transactions",
    "bank_error": "the bank answered with an error instead of a statement: {message}",
    "investment_only": "the file holds only investments, no account",
    "no_table": "no columns with dates and amounts were found",
    "mapping": "the columns chosen do not fit this file",
    "currency": "the account currency must be three capital letters, such as EUR",
}


def doubt_text(doubt: Doubt) -> str:
    """The sentence of a doubt."""
    return DOUBTS[doubt.code].format(**dict(doubt.params))


def bad_row_text(row: BadRow) -> str:
    """Why a row could not be read."""
    reason = BAD_ROWS[row.code]
    return f"{reason}: {row.excerpt}" if row.excerpt else reason


def refusal_text(error: Unreadable) -> str:
    """Why a file could not be read, on one line."""
    return " ".join(REFUSALS[error.code].format(**error.params).split())
