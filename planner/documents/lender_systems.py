"""The request in the words of a lender's own system: an Apache Fineract reschedule request, a Frappe Lending restructure.

Field names are those of formats.md section 7. A field that does not apply is absent and nothing is guessed: what the system has
no field for stands in its comment. Numbers of the lender's own books (loan, reason code) are for the lender to fill in.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _

from ..engine.money import from_minor
from . import asking, words
from .proposal import ProposalDocument, Request

_MOST_COMMENT = 500  # what Fineract takes
Fields = dict[str, Any]


def fineract_bytes(document: ProposalDocument) -> bytes:
    """The Fineract file of a creditor's copy. Raises KeyError for the borrower's own copy."""
    return _bytes(fineract(document))


def frappe_bytes(document: ProposalDocument) -> bytes:
    """The Frappe file of a creditor's copy. Raises KeyError for the borrower's own copy."""
    return _bytes(frappe(document))


def fineract(document: ProposalDocument) -> Fields:
    """A Fineract reschedule request. Raises KeyError for the borrower's own copy."""
    request = document.main
    fields, unsaid = _FINERACT[request.asked.kind](document, request)
    unsaid.append(_("rescheduleReasonId and the loan's number are the lender's own."))
    return {
        "rescheduleFromDate": changed_from(request).isoformat(),
        **fields,
        "rescheduleReasonComment": _comment(document, unsaid)[:_MOST_COMMENT],
        "submittedOnDate": document.created_on.isoformat(),
        "dateFormat": "yyyy-MM-dd",
        "locale": "en",
    }


def frappe(document: ProposalDocument) -> Fields:
    """A Frappe Lending "Loan Restructure" document. Raises KeyError for the borrower's own copy."""
    request = document.main
    fields, unsaid = _FRAPPE[request.asked.kind](document, request)
    unsaid.append(_("No treatment of penalties and charges is asked for; the system's defaults are not a request."))
    late = days_late(document, request)
    if late is None:
        unsaid.append(_("Days past due are not known here."))
    return {
        "doctype": "Loan Restructure",
        "restructure_date": changed_from(request).isoformat(),
        **({} if late is None else {"pre_restructure_dpd": late}),
        **fields,
        "reason_for_restructure": _comment(document, unsaid),
    }


def changed_from(request: Request) -> date:
    """The contract's due date from which the terms change: the first on or after the day the request names."""
    asked = request.asked
    wanted = asked.from_on or asked.on or request.offer.first_due
    return next((row.due_on for row in request.contract_rows if row.due_on >= wanted), request.contract.first_due)


def days_late(document: ProposalDocument, request: Request) -> int | None:
    """Days past due when the proposal was made; None when something is overdue and its date is not in the value."""
    if not request.arrears_minor:
        return 0
    oldest = min((row.due_on for row in request.contract_rows), default=document.created_on)
    return (document.created_on - oldest).days if oldest < document.created_on else None


def _bytes(fields: Fields) -> bytes:
    return json.dumps(fields, ensure_ascii=False, indent=2).encode()


def _comment(document: ProposalDocument, unsaid: list[str]) -> str:
    """Which proposal this is, what its fields do not say, then the request in words and its cause where they are shown."""
    mark = f"SHA-256 {document.fingerprint}" if document.fingerprint else words.draft()
    head = f"{document.reference} / {document.number}, {mark}."
    return " ".join(filter(None, (head, *unsaid, asking.request_words(document), words.cause_line(document))))


def _amount(document: ProposalDocument, minor: int | None) -> int | float | None:
    """An amount as a JSON number."""
    return None if minor is None else _number(from_minor(minor, document.unit))


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def _present(**fields: Any) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def _payment(document: ProposalDocument, request: Request) -> int | float | None:
    asked = request.asked.amount_minor
    return _amount(document, request.offer.payment_minor if asked is None else asked)


def _percent(request: Request) -> int | float | None:
    rate = request.asked.annual_rate
    return None if rate is None else _number(rate * 100)


Derived = tuple[Fields, list[str]]


def _fineract_payment(document: ProposalDocument, request: Request) -> Derived:
    until = request.asked.until or request.offer.last_due
    return {"emi": _payment(document, request), "endDate": until.isoformat()}, _resting(request)


def _fineract_postpone(document: ProposalDocument, request: Request) -> Derived:
    count = request.asked.count or 1
    fields = {"graceOnPrincipal": count, "graceOnInterest": count, "extraTerms": count}
    treatment = request.asked.interest or ""
    if treatment == "on_first":
        return fields, []
    wanted = asking.interest_words(treatment) if treatment else _("not yet agreed")
    return fields, [_("Interest of the postponed time, for which there is no field: %(wanted)s.", wanted=wanted)]


def _fineract_rate(document: ProposalDocument, request: Request) -> Derived:
    return _present(newInterestRate=_percent(request)), []


def _fineract_freeze(document: ProposalDocument, request: Request) -> Derived:
    unsaid = [_("Fees and penalties are to stop as well; there is no field for it.")]
    if request.asked.until:
        until = request.asked.until.isoformat()
        unsaid.append(_("The rate of 0 is asked for until %(day)s only; there is no field for its end.", day=until))
    return {"newInterestRate": 0}, unsaid


def _fineract_longer(document: ProposalDocument, request: Request) -> Derived:
    return _present(extraTerms=request.asked.instalments), []


def _fineract_move(document: ProposalDocument, request: Request) -> Derived:
    unsaid = [
        _("All later due dates move as well, to day %(day)d.", day=request.asked.day or request.offer.first_due.day)
    ]
    return {"adjustedDueDate": request.offer.first_due.isoformat()}, unsaid


def _fineract_settle(document: ProposalDocument, request: Request) -> Derived:
    return {}, [_settlement(document, request)]


def _frappe_payment(document: ProposalDocument, request: Request) -> Derived:
    fields = _normal(request) | {
        "new_repayment_method": "Repay Fixed Amount per Period",
        "new_monthly_repayment_amount": _payment(document, request),
    }
    until = request.asked.until
    return fields, [*([_until(until)] if until else []), *_resting(request)]


def _frappe_postpone(document: ProposalDocument, request: Request) -> Derived:
    treatment = request.asked.interest or ""
    known = {"capitalised": "Capitalize", "on_first": "Add To First EMI"}.get(treatment)
    waived = request.forgiven_minor if treatment == "waived" else 0
    fields = _normal(request) | _present(
        treatment_of_normal_interest=known,
        unaccrued_interest_treatment=known,
        interest_waiver_amount=_amount(document, waived) if waived else None,
    )
    if known:
        return fields, []
    wanted = asking.interest_words(treatment) if treatment else _("not yet agreed")
    return fields, [_("Interest of the postponed time, for which there is no field: %(wanted)s.", wanted=wanted)]


def _frappe_rate(document: ProposalDocument, request: Request) -> Derived:
    return _normal(request) | _present(new_rate_of_interest=_percent(request)), []


def _frappe_freeze(document: ProposalDocument, request: Request) -> Derived:
    waived = _amount(document, request.forgiven_minor) if request.forgiven_minor else None
    fields = _normal(request) | _present(new_rate_of_interest=0, interest_waiver_amount=waived)
    unsaid = [_("Fees and penalties are to stop as well; there is no field for it.")]
    return fields, [*unsaid, *([_until(request.asked.until)] if request.asked.until else [])]


def _frappe_longer(document: ProposalDocument, request: Request) -> Derived:
    fields = _normal(request) | {"new_repayment_method": "Repay Over Number of Periods"}
    if is_monthly(request):
        return fields | {"new_repayment_period_in_months": request.offer.count}, []
    return fields, [_("The instalments are not monthly: %(count)d of them.", count=request.offer.count)]


def _frappe_move(document: ProposalDocument, request: Request) -> Derived:
    return _normal(request), []


def _frappe_settle(document: ProposalDocument, request: Request) -> Derived:
    return {}, [_settlement(document, request)]


def _normal(request: Request) -> Fields:
    return {"restructure_type": "Normal Restructure", "repayment_start_date": request.offer.first_due.isoformat()}


def _until(until: date) -> str:
    return _("The new terms are asked for until %(day)s only; there is no field for their end.", day=until.isoformat())


def _resting(request: Request) -> list[str]:
    """That interest is to rest while less is paid, which neither system has a field for."""
    if not asking.rests(request):
        return []
    until = asking.last_day(request).isoformat()
    return [_("No interest is asked for until %(day)s; there is no field for it.", day=until)]


def _settlement(document: ProposalDocument, request: Request) -> str:
    paid, given = (words.plain_amount(document, minor) for minor in (request.offer.total_minor, request.forgiven_minor))
    return _("A settlement has no field here: %(paid)s would be paid, %(given)s given up.", paid=paid, given=given)


def is_monthly(request: Request) -> bool:
    """Whether the new instalments come once a month."""
    dates = [row.due_on for row in request.rows]
    return all(27 <= (after - before).days <= 32 for before, after in pairwise(dates))


_FINERACT: dict[str, Callable[[ProposalDocument, Request], Derived]] = {
    "reduce": _fineract_payment,
    "reduce_until": _fineract_payment,
    "postpone": _fineract_postpone,
    "rate": _fineract_rate,
    "freeze": _fineract_freeze,
    "longer": _fineract_longer,
    "move_due": _fineract_move,
    "settle": _fineract_settle,
}
_FRAPPE: dict[str, Callable[[ProposalDocument, Request], Derived]] = {
    "reduce": _frappe_payment,
    "reduce_until": _frappe_payment,
    "postpone": _frappe_postpone,
    "rate": _frappe_rate,
    "freeze": _frappe_freeze,
    "longer": _frappe_longer,
    "move_due": _frappe_move,
    "settle": _frappe_settle,
}
