"""What the engine refused, as a sentence that says what to do, beside the field it was typed into."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from ..engine.amortisation import period_interest
from ..engine.errors import EngineError, NeverPaysOff, TermsError
from ..engine.loan import LoanTerms, Method
from ..engine.money import currency
from ..formatting import money
from ..forms import Form
from .advanced import OTHER
from .contracts import FREQUENCY

# Which field of the form a field of the contract was typed into; one of the same name needs no line.
_FIELD = {
    "principal_minor": "principal",
    "date": "instalments",
    "fixed_instalment_minor": "payment",
    "payments_minor": "payment",
    "fees": "upfront_fee",
    "rounding": "interest_step",
    "disbursements": "tranches",
    "interest_pauses": "pauses",
    "due_dates": "plan",
    "balloon_minor": "balloon",
    "down_payment_rate": "down_payment",
    "grace": "grace_principal",
    "percent": "minimum_rate",
    "weights": "instalments",
    "principal_plan": "instalments",
    "allow_negative_amortisation": "negative",
}
_STORED_COUNT = _l(
    "The stored plan has one entry for each instalment; leave the number as it is, or choose another way"
)
_SENTENCE = {
    ("first_due_date", "before_start"): _l("The first due date is before the money was paid out; enter a later one"),
    ("date", "out_of_calendar"): _l("With so many instalments the last one lies beyond the calendar; enter fewer"),
    ("payments_minor", "less_than_received"): _l(
        "All instalments together are less than what you received; check the amounts"
    ),
    ("fees", "more_than_received"): _l("The fee is as large as the loan itself; check both amounts"),
    ("fees", "no_such_instalment"): _l("There is no instalment with this number; enter a smaller one"),
    ("annual_rate", "out_of_range"): _l("That makes a yearly rate above 1,000 per cent; check the amounts"),
    ("fixed_instalment_minor", "too_many_rows"): _l(
        "That would take more than 1,200 instalments; enter a larger payment"
    ),
    ("rounding", "not_in_units"): _l("This currency has no such small unit; choose a larger step"),
    ("disbursements", "not_the_principal"): _l("Together this is not the amount borrowed; make both equal"),
    ("disbursements", "before_start"): _l("The first part is before the day of the payout above; check both dates"),
    ("disbursements", "not_ascending"): _l("Put the dates in order, the earliest first"),
    ("disbursements", "after_last_due"): _l("A part is paid out after the last instalment; check the dates"),
    ("rate_changes", "not_ascending"): _l("Put the dates in order, the earliest first"),
    ("interest_pauses", "ends_before_start"): _l("The second date is before the first; enter them in order"),
    ("due_dates", "before_start"): _l("The first payment is before the money was paid out; check both dates"),
    ("due_dates", "not_ascending"): _l("Put the dates in order, each day once"),
    ("due_dates", "one_for_each_instalment"): _STORED_COUNT,
    ("weights", "one_for_each_instalment"): _STORED_COUNT,
    ("principal_plan", "one_for_each_instalment"): _STORED_COUNT,
    ("balloon_minor", "out_of_range"): _l("Enter at most the amount borrowed"),
    ("grace", "leaves_no_instalment"): _l("That leaves no instalment to repay the amount; enter fewer"),
    ("instalments", "out_of_range"): _l("That is too many for this interval; enter fewer"),
    ("allow_negative_amortisation", "negative_amortisation"): _l(
        "An instalment is below its interest, so the debt would grow. Tick this if the contract says so; else check the rate"
    ),
}
_OTHERWISE = _l("No contract can have this; check what you entered")


def refuse(form: Form, error: EngineError, values: Mapping[str, Any], code: str) -> None:
    """Put what the engine refused beside its field; what no field shows, above the form."""
    if isinstance(error, NeverPaysOff):
        form.refuse(*_never_ends(values, code))
    elif isinstance(error, TermsError):
        sentence = _SENTENCE.get((error.field, error.code), _OTHERWISE)
        form.refuse(_shown_field(error, values), sentence)
    else:
        form.refuse("plan" if values.get("plan") else "payment", _SENTENCE["annual_rate", "out_of_range"])


def _shown_field(error: TermsError, values: Mapping[str, Any]) -> str:
    """The field of the rate depends on the method; a decoder has no rate."""
    name, method = _FIELD.get(error.field, error.field), values.get("method", Method.PAYMENT_PLAN)
    planned = method == Method.PAYMENT_PLAN and values.get("plan")
    if name == "annual_rate":
        name = {Method.FLAT: "period_rate", Method.PAYMENT_PLAN: "payment"}.get(method, name)
    if name == "frequency" and values.get("frequency") == OTHER:
        name = "every_count"
    if error.field == "due_dates" and not planned:
        name = "instalments"
    if error.code == "too_many_rows" and method == Method.PCT_OF_BALANCE:
        name = "minimum_amount"
    if error.code == "no_such_instalment":
        name = "extra_fee_n"
    return "plan" if planned and name in ("payment", "instalments") else name


def _never_ends(values: Mapping[str, Any], code: str) -> tuple[str, Any]:
    """The field, and what to enter instead of a payment that does not exceed the interest of the first period."""
    if values.get("method") == Method.PCT_OF_BALANCE:
        return "minimum_amount", _l(
            "With this minimum the debt is never cleared; enter the lowest amount the card asks for"
        )
    if values["frequency"] == OTHER or values.get("negative"):
        return "payment", _l("With this payment the debt is not cleared within a hundred years; enter a larger one")
    rates = [values["annual_rate"], *(change.annual_rate for change in values.get("rate_changes") or ())]
    terms = LoanTerms.simple(
        method=Method.INTEREST_ONLY, principal_minor=values["principal"], currency=currency(code),
        annual_rate=max(rates), instalments=1, start_date=date(2026, 1, 1), frequency=FREQUENCY[values["frequency"]],
    )  # fmt: skip
    interest = money(period_interest(terms, values["principal"]), code)
    return "payment", _l(
        "The interest alone is %(interest)s each time; only more than that brings the debt down", interest=interest
    )
