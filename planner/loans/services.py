"""Loans as every page reads them: a row, its contract, its schedule, what was paid, and what it truly costs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from .. import clock
from ..access import select_rows
from ..engine import ledger as engine
from ..engine.amortisation import Schedule, build_schedule
from ..engine.annual_cost import AnnualCost
from ..engine.arrangement import arranged
from ..engine.contract import terms_from_dict, terms_to_dict
from ..engine.errors import EngineError
from ..engine.late import LateRules, late_from_dict, late_to_dict
from ..engine.ledger import LedgerState, Purpose, apply_payments, with_extras
from ..engine.loan import LoanTerms
from ..errors import Conflict, NotFound
from ..extensions import db
from ..models import Case, Loan, Payment
from .agreed import UNASKED, Agreed, Unasked, all_agreed, find_agreed
from .contracts import find_cost
from .position import DueItem as DueItem
from .position import LoanPosition as LoanPosition

_EDITED = ("creditor", "name", "reference", "advertised_rate")


def position(loan: Loan, today: date, agreed: Agreed | Unasked | None = UNASKED) -> LoanPosition:
    """Where a loan stands today. The contract's schedule and cost are worked out once and kept.

    Principal paid at once changes the schedule. Where the contract was changed so that it can no longer take it, or once an
    agreement runs, the money counts for the instalments instead. `agreed` spares the look for an agreement.
    """
    found = find_agreed(loan) if isinstance(agreed, Unasked) else agreed
    cost = _worked_out(json.dumps(loan.terms, sort_keys=True), loan.received_minor)[1]
    terms, schedule, ledger = _stand(loan, live_payments(loan), today, found)
    return LoanPosition(loan, terms, schedule, ledger, cost, found)


def ledger_on(loan: Loan, on: date, agreed: Agreed | None) -> LedgerState:
    """How a loan stood at the end of a day, under the agreement of that day: what was paid later is left out."""
    return _stand(loan, [payment for payment in live_payments(loan) if payment.paid_on <= on], on, agreed)[2]


def position_on(place: LoanPosition, on: date) -> LoanPosition:
    """A loan as it stood at the end of a day, under the agreement that runs now: what was paid later is left out."""
    paid = [payment for payment in live_payments(place.loan) if payment.paid_on <= on]
    return LoanPosition(place.loan, *_stand(place.loan, paid, on, place.agreed), place.cost, place.agreed)


def paid_between(loan: Loan, after: date, until: date) -> int:
    """What was paid on a loan after a day until another, for whatever it was meant."""
    counted = (payment for payment in live_payments(loan) if payment.returned_on is None)
    return sum(payment.amount_minor for payment in counted if after < payment.paid_on <= until)


def _stand(
    loan: Loan, payments: Sequence[Payment], on: date, agreed: Agreed | None
) -> tuple[LoanTerms, Schedule, LedgerState]:
    stored = json.dumps(loan.terms, sort_keys=True)
    paid = [_as_paid(payment, agreed) for payment in payments]
    try:
        terms, schedule = _extended(stored, tuple(p for p in paid if p.purpose != Purpose.INSTALMENT))
    except EngineError:
        terms, schedule = _extended(stored, ())
        paid = [replace(payment, purpose=Purpose.INSTALMENT) for payment in paid]
    if agreed is not None:
        schedule = arranged(schedule, agreed.settled, agreed.rows)
    rules = late_rules(loan)
    return (
        terms,
        schedule,
        apply_payments(schedule, paid, paid_before=loan.paid_before, as_of=on, late=rules, terms=terms),
    )


def engine_payments(place: LoanPosition) -> list[engine.Payment]:
    """The payments on a loan as the engine takes them."""
    return [_as_paid(payment, place.agreed) for payment in live_payments(place.loan)]


def late_rules(loan: Loan) -> LateRules | None:
    """What its contract says about paying late; None while that is not known."""
    return None if loan.late_rules is None else _late_rules(json.dumps(loan.late_rules, sort_keys=True))


def terms_of(loan: Loan) -> LoanTerms:
    """The contract of a loan."""
    return _worked_out(json.dumps(loan.terms, sort_keys=True), loan.received_minor)[0]


def positions(case: Case, today: date, *, include_closed: bool = False) -> list[LoanPosition]:
    """All loans of a case in the order they were entered, in three queries however many there are."""
    wanted = select_rows(Loan, case).order_by(Loan.id)
    if not include_closed:
        wanted = wanted.where(Loan.closed_on.is_(None))
    found = db.session.scalars(wanted).all()
    agreed = all_agreed(found)
    return [position(loan, today, agreed.get(loan.id)) for loan in found]


def due_items(found: Iterable[LoanPosition], first: date, last: date) -> list[DueItem]:
    """The instalments of these loans due from `first` to `last`, both included, by date."""
    items = [
        DueItem(p.loan.id, p.loan.title, row.instalment.n, p.count, row.instalment.due_date, row.left_minor,
                row.instalment.payment_minor, row.is_paid, p.loan.currency)
        for p in found for row in p.ledger.rows if first <= row.instalment.due_date <= last
    ]  # fmt: skip
    return sorted(items, key=lambda item: (item.due_on, item.loan_id))


def live_payments(loan: Loan) -> list[Payment]:
    """The payments that were not taken back; those the bank returned are among them."""
    return [payment for payment in loan.payments if payment.reversed_on is None]


def create_loan(case: Case, values: Mapping[str, Any]) -> Loan:
    """Add a loan. `values`: creditor, name, reference, advertised_rate, paid_before, is_priority, and `terms`, a LoanTerms."""
    loan = Loan(case_id=case.id, created_at=clock.now())
    change_loan(loan, values)
    db.session.add(loan)
    db.session.flush()
    return loan


def change_loan(loan: Loan, values: Mapping[str, Any]) -> None:
    """Take the values of `create_loan` over into a loan; payments recorded on it stay."""
    terms: LoanTerms = values["terms"]
    for name in _EDITED:
        setattr(loan, name, values.get(name))
    loan.terms, loan.currency = terms_to_dict(terms), terms.currency.code
    loan.paid_before, loan.is_priority = values.get("paid_before") or 0, bool(values.get("is_priority"))


def due_before(terms: LoanTerms, today: date) -> int:
    """How many instalments of a contract were due before today."""
    return sum(row.due_date < today for row in build_schedule(terms).rows)


def mark_paid(loan: Loan, n: int, paid_on: date) -> Payment:
    """Record that instalment `n` was paid in full, with what being late had added to it by that day.

    Raises NotFound for no such instalment, Conflict when it is paid already.
    """
    _hold(loan)
    rows = position(loan, paid_on).ledger.rows
    if not 1 <= n <= len(rows):
        raise NotFound
    if rows[n - 1].is_paid:
        raise Conflict
    return add_payment(loan, rows[n - 1].left_minor + rows[n - 1].late_left_minor, paid_on, n)


def add_payment(
    loan: Loan, amount_minor: int, paid_on: date, n: int | None = None, purpose: Purpose = Purpose.INSTALMENT
) -> Payment:
    """Record money paid; without `n` the oldest unpaid instalment comes first.

    Raises TermsError when money for the principal is more than is owed, or the contract cannot take it.
    """
    payment = Payment(
        case_id=loan.case_id, amount_minor=amount_minor, paid_on=paid_on, instalment_n=n, purpose=str(purpose),
        created_at=clock.now(),
    )  # fmt: skip
    if purpose != Purpose.INSTALMENT:
        with_extras(terms_of(loan), [_as_paid(each) for each in (*live_payments(loan), payment)])
    loan.payments.append(payment)
    db.session.flush()
    return payment


def take_back(payment: Payment, today: date) -> None:
    """Undo a payment entered by mistake: it no longer counts, and can be put back."""
    payment.reversed_on = today


def give_back(payment: Payment, returned_on: date) -> None:
    """Record that the bank returned a payment: it paid nothing, and stays on the list."""
    payment.returned_on = returned_on


def put_back(payment: Payment) -> None:
    """Undo either."""
    payment.reversed_on = payment.returned_on = None


def set_late_rules(loan: Loan, rules: LateRules | None) -> None:
    """Keep what the contract says about paying late; None when it is not known."""
    loan.late_rules = None if rules is None else late_to_dict(rules)


def _hold(loan: Loan) -> None:
    """Keep others from paying the same instalment at the same moment (PostgreSQL; SQLite has one writer anyway)."""
    db.session.execute(select(Loan.id).where(Loan.id == loan.id).with_for_update())
    db.session.expire(loan, ["payments"])


def _as_paid(payment: Payment, agreed: Agreed | None = None) -> engine.Payment:
    purpose, is_returned = Purpose(payment.purpose), payment.returned_on is not None
    if agreed is not None and payment.paid_on > agreed.made_on:
        purpose = Purpose.INSTALMENT  # the agreement knows no other
    return engine.Payment(payment.paid_on, payment.amount_minor, payment.instalment_n, purpose, is_returned)


@lru_cache(maxsize=256)
def _worked_out(stored: str, received_minor: int | None) -> tuple[LoanTerms, AnnualCost | None]:
    terms = terms_from_dict(json.loads(stored))
    return terms, find_cost(terms, received_minor)


@lru_cache(maxsize=256)
def _extended(stored: str, extras: tuple[engine.Payment, ...]) -> tuple[LoanTerms, Schedule]:
    return with_extras(terms_from_dict(json.loads(stored)), extras)


@lru_cache(maxsize=256)
def _late_rules(stored: str) -> LateRules:
    return late_from_dict(json.loads(stored))
