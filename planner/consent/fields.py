"""Columns in words: what each is called on the page where it is entered, and how its stored value reads there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectChoice
from wtforms.fields.core import UnboundField

from ..budget.forms import GuidelineForm, LineForm
from ..cases.views import CaseForm, DayForm
from ..documents import plain
from ..documents.proposal import Asked
from ..documents.words import size_words
from ..engine.money import currency
from ..engine.parts import Disbursement, RateChange, Span
from ..evidence.forms import EvidenceForm
from ..evidence.words import KINDS as FILE_KINDS
from ..formatting import day, money
from ..forms import DayField, Form, MoneyField, PercentField
from ..i18n import LOCALES
from ..loans.figures import as_said
from ..loans.forms import LoanForm, PaymentForm
from ..negotiation.forms import ENDS, ConfirmForm, LogForm
from ..packs import find_heading
from ..proposals.forms import CauseForm
from ..proposals.words import request_words
from ..sharing.shown import answer_words, part_list, term_words

# A stored value and the currency it is in, as words.
Shower = Callable[[Any, str], str]


class Field(NamedTuple):
    """What a column is called, and how its value reads."""

    label: Any
    show: Shower


def text(value: Any, code: str) -> str:
    """A value as it stands."""
    return str(value)


def amount(value: Any, code: str) -> str:
    """Minor units as money."""
    return money(int(value), code)


def on_day(value: Any, code: str) -> str:
    """A date, or the day of an instant."""
    found = value if isinstance(value, date) else datetime.fromisoformat(value)
    return day(found.date() if isinstance(found, datetime) else found, "full")


def rate(value: Any, code: str) -> str:
    """A fraction a year as the per cent somebody named."""
    return as_said(Decimal(str(value)))


def yes(value: Any, code: str) -> str:
    """A switch."""
    return _("Yes") if value else _("No")


def one_of(labels: Mapping[Any, Any]) -> Shower:
    """One of several, by its label; what is none of them as it stands."""
    known = {str(key): label for key, label in labels.items()}
    return lambda value, code: str(known.get(str(value), value))


def several(value: Any, code: str) -> str:
    """A list of dated things, one after the other."""
    return "; ".join(_entry(each, code) for each in value)


def _entry(entry: Any, code: str) -> str:
    if isinstance(entry, Disbursement):
        return f"{day(entry.on, 'full')} {money(entry.amount_minor, code)}"
    if isinstance(entry, RateChange):
        return f"{day(entry.effective, 'full')} {as_said(entry.annual_rate)}"
    if isinstance(entry, Span):
        return _("%(since)s to %(until)s", since=day(entry.first, "full"), until=day(entry.last, "full"))
    return str(entry)


def entered(form: type[Form], name: str) -> Field:
    """A column that a form fills: called as there, and reading as there."""
    unbound = getattr(form, name)
    return Field(unbound.args[0], _shower(unbound))


def is_entered(form: type[Form], name: str) -> bool:
    """Whether the form asks for it."""
    return isinstance(getattr(form, name, None), UnboundField)


def _shower(unbound: Any) -> Shower:
    kind, choices = unbound.field_class, unbound.kwargs.get("choices")
    if choices:
        return one_of(dict(_pair(each) for each in choices))
    shown: tuple[tuple[type[Any], Shower], ...] = (
        (MoneyField, amount), (PercentField, rate), (DayField, on_day), (BooleanField, yes),
    )  # fmt: skip
    return next((show for base, show in shown if issubclass(kind, base)), _text_or_list)


def _pair(choice: Any) -> tuple[Any, Any]:
    return (choice.value, choice.label) if isinstance(choice, SelectChoice) else tuple(choice)


def _text_or_list(value: Any, code: str) -> str:
    return several(value, code) if isinstance(value, tuple) else str(value)


def _heading(value: Any, code: str) -> str:
    found = find_heading(value, code)
    return found.label(str(get_locale())) if found else str(value)


def _nth_day(value: Any, code: str) -> str:
    return one_of(dict(_pair(each) for each in LineForm.working_day.kwargs["choices"]))(value, code)


def _asked(value: Any, code: str) -> str:
    return request_words(plain.read(Asked, value, currency(code)), code)


def _terms_said(value: Any, code: str) -> str:
    return "; ".join(f"{label} {said}" for label, said in term_words(value, code))


def _read_in_letter(value: Any, code: str) -> str:
    return "; ".join(str(said) for said in value.values() if isinstance(said, str))


def _answers(value: Any, code: str) -> str:
    return ngettext("%(num)d answer", "%(num)d answers", len(value))


def _rows(value: Any, code: str) -> str:
    return ngettext("%(num)d instalment", "%(num)d instalments", len(value))


COLUMNS: dict[str, dict[str, Field]] = {
    "BudgetLine": {
        **{name: entered(LineForm, name) for name in ("name", "frequency", "starts_on", "ends_on", "day_of_month", "shift",
                                                      "necessity", "note")},
        "category": Field(_l("Heading"), _heading), "amount_minor": entered(LineForm, "amount"),
        "low_minor": entered(LineForm, "low"), "working_day": Field(_l("When in the month?"), _nth_day),
    },
    "Guideline": {
        "category": Field(_l("Heading"), _heading), "amount_minor": entered(GuidelineForm, "amount"),
        "source": entered(GuidelineForm, "source"),
    },
    "CashChange": {"on": Field(_l("Payment of"), on_day), "to": Field(_l("Paid on"), on_day)},
    "CalendarDay": {
        "on": entered(DayForm, "on"),
        "is_worked": Field(_l("Are banks and your employer open?"), yes),
    },
    "Case": {
        "currency": entered(CaseForm, "currency"), "timezone": Field(_l("Time zone"), text),
        "locale": Field(_l("Language"), one_of(LOCALES)), "balance_minor": Field(_l("Money in hand"), amount),
        "balance_on": Field(_l("Counted on"), on_day),
    },
    "Loan": {
        **{name: entered(LoanForm, name) for name in ("creditor", "name", "reference", "currency", "advertised_rate",
                                                      "paid_before", "is_priority")},
        "received_minor": Field(_l("Amount received"), amount), "closed_on": Field(_l("Closed on"), on_day),
    },
    "Payment": {
        "amount_minor": entered(PaymentForm, "amount"), "paid_on": entered(PaymentForm, "paid_on"),
        "instalment_n": Field(_l("Instalment"), text), "purpose": entered(PaymentForm, "purpose"),
        "reversed_on": Field(_l("Taken back on"), on_day), "returned_on": Field(_l("Returned on"), on_day),
    },
    "Proposal": {
        "reference": Field(_l("Reference"), text), "review_on": Field(_l("Look at it again on"), on_day),
        **{name: entered(CauseForm, name) for name in ("cause", "cause_since", "cause_until", "cause_text")},
        "new_income_minor": entered(CauseForm, "new_income"), "checked": Field(_l("Budget check"), _answers),
        "borrower_name": Field(_l("Your name"), text),
        "borrower_contact": Field(_l("Phone or e-mail for the lender"), text),
        "approved_at": Field(_l("Approved on"), on_day),
    },
    "ProposalItem": {
        "is_included": Field(_l("Part of the plan"), yes), "offered_minor": Field(_l("Offer a month"), amount),
        "asked": Field(_l("Request"), _asked),
    },
    "ProposalVersion": {"number": Field(_l("Version"), text)},
    "Evidence": {
        "name": entered(EvidenceForm, "name"), "note": entered(EvidenceForm, "note"),
        "kind": Field(_l("Kind of file"), one_of(FILE_KINDS)), "size": Field(_l("Size"), lambda value, code: size_words(value)),
    },
    "Response": {
        "kind": Field(_l("Answer"), lambda value, code: answer_words(value)), "source": entered(LogForm, "source"),
        "terms": Field(_l("What they would agree to"), _terms_said), "text": Field(_l("Note, question or reason"), text),
        "person": entered(LogForm, "person"), "reference": entered(LogForm, "reference"),
        "said_at": Field(_l("Said on"), on_day), "seen_at": Field(_l("Looked at on"), on_day),
    },
    "Confirmation": {
        "received_on": entered(ConfirmForm, "received_on"), "reference": entered(ConfirmForm, "reference"),
        "terms": Field(_l("What it says"), _read_in_letter),
    },
    "Arrangement": {
        "from_on": Field(_l("Holds from"), on_day), "settled": Field(_l("Instalments before it"), text),
        "rows": Field(_l("Agreed instalments"), _rows), "annual_rate": Field(_l("Interest a year"), rate),
        "review_on": Field(_l("Look at it again on"), on_day), "ended_on": Field(_l("Ended on"), on_day),
        "end_reason": Field(_l("Why does it no longer hold?"), one_of(ENDS)),
    },
    "Share": {
        "shown": Field(_l("Shows"), lambda value, code: part_list(value)), "lang": Field(_l("Language"), one_of(LOCALES)),
        "most_views": Field(_l("How often it may be opened"), text), "expires_at": Field(_l("Opens until"), on_day),
        "revoked_at": Field(_l("Withdrawn on"), on_day),
    },
    "Transaction": {
        "on": Field(_l("Day"), on_day), "amount_minor": Field(_l("Amount"), amount), "counterparty": Field(_l("With whom"), text),
        "text": Field(_l("Text"), text),
    },
    "StatementImport": {"file_name": Field(_l("File name"), text), "count": Field(_l("Entries"), text)},
    "PayeeRule": {"payee": Field(_l("With whom"), text), "category": Field(_l("Heading"), _heading)},
}  # fmt: skip
