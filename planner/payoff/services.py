"""A case's loans as debts, and what the engine says about paying them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..budget import services as budget
from ..engine.errors import NoRate, SeveralRates
from ..engine.events import outstanding
from ..engine.late import PenaltyBase
from ..engine.loan import Method
from ..engine.money import round_ratio
from ..engine.payoff import MOST_DEBTS, Debt, Order, Promo, Rules
from ..engine.penalty import PenaltyRates
from ..engine.shortfall import AheadMonth, Creditor, ahead
from ..engine.strategies import TARGET_MONTHS, Plan, cheapest, compare, needed_payment, shortfall
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Case
from .forms import ShortfallForm, StrategyForm

MONTHS_AHEAD = 6
TOKEN_UNITS = 1  # one yuan, pound or dollar


@dataclass(frozen=True, slots=True)
class Household:
    """The loans that go on, as debts of the same order; `others` are in another currency and left out."""

    positions: tuple[LoanPosition, ...]
    debts: tuple[Debt, ...]
    others: tuple[LoanPosition, ...]
    surplus_minor: int
    available_minor: int

    @property
    def minimums_minor(self) -> int:
        """All instalments of a month together."""
        return sum(debt.minimum_minor for debt in self.debts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The plans side by side. `chosen` is what the form asks for, `agreed` the contracts as they are.

    `needed_minor` is the smallest monthly total that ends everything in five years, only where the chosen plan never ends.
    """

    plans: tuple[Plan, ...]
    chosen: Plan
    agreed: Plan
    best: Plan | None
    needed_minor: int | None


def household(case: Case, today: date) -> Household:
    """The case's open loans as debts by the month, and what the month's budget leaves."""
    found = loans.positions(case, today)
    running = [p for p in found if p.next is not None]
    own = tuple(p for p in running if p.loan.currency == case.currency)[:MOST_DEBTS]
    month = budget.month_view(case, today.replace(day=1), today, found)
    return Household(
        own, tuple(_debt(p) for p in own), tuple(p for p in running if p not in own), month.summary.surplus_minor,
        month.summary.available_minor,
    )  # fmt: skip


def compared(home: Household, form: StrategyForm, ranks: Mapping[str, int]) -> Comparison:
    """Each order with the form's money. Raises TermsError("budget") when it does not cover the instalments."""
    rules = rules_of(home, form, ranks)
    orders = [Order.AVALANCHE, Order.SNOWBALL] + ([Order.CUSTOM] if form.order.data == Order.CUSTOM else [])
    plans = compare(home.debts, rules, orders)
    chosen = next(plan for plan in plans if plan.name == form.order.data)
    agreed = compare(home.debts, Rules(rollover=False), [Order.MINIMUMS])[0]
    needed = None if chosen.result.pays_off else needed_payment(home.debts, rules, TARGET_MONTHS)
    return Comparison((*plans, agreed), chosen, agreed, cheapest(plans), needed)


def rules_of(home: Household, form: StrategyForm, ranks: Mapping[str, int]) -> Rules:
    """The form as the engine's rules. `ranks` are places by debt, the smallest first, for one's own order."""
    lumps = {form.lump_month.data: form.lump.data} if form.lump.data and form.lump_month.data else {}
    order = tuple(sorted((debt.key for debt in home.debts), key=lambda key: ranks.get(key, len(home.debts))))
    fixed = form.total.data if form.money.data == "total" else None
    extra = 0 if fixed is not None else form.extra.data or 0
    return Rules(Order(form.order.data), extra, fixed, rollover=form.freed.data == "roll", custom=order, lumps=lumps)


def missing_minor(home: Household, form: StrategyForm, ranks: Mapping[str, int]) -> int:
    """How much the fixed total lacks for the first month's instalments."""
    return shortfall(home.debts, rules_of(home, form, ranks))


def shared_out(home: Household, form: ShortfallForm, priority: Sequence[int]) -> tuple[AheadMonth, ...]:
    """Who gets what this month, and where the next months lead with the same money."""
    creditors = [_creditor(p, debt, p.loan.id in priority) for p, debt in zip(home.positions, home.debts, strict=True)]
    available = form.available.data if form.available.data is not None else home.available_minor
    token = TOKEN_UNITS * 10 ** home.positions[0].schedule.digits if form.tokens.data == "token" else 0
    return ahead([available] * MONTHS_AHEAD, creditors, token_minor=token)


def _debt(position: LoanPosition) -> Debt:
    """A loan by the month: what is owed, its rate, and its instalment; a flat contract at its own internal rate."""
    terms = position.terms
    per_year = terms.periods_per_year
    owed, rate, promo = _owed(position)
    payment = position.next.instalment.payment_minor if position.next else 0
    fee = position.next.instalment.fee_minor if position.next else 0
    share = terms.percent.rate if terms.percent and per_year == 12 and position.agreed is None else Decimal(0)
    least = terms.percent.minimum_minor if terms.percent and share else _by_month(payment, per_year)
    return Debt(str(position.loan.id), owed, rate, least, promo, share, _by_month(fee, per_year))


def _owed(position: LoanPosition) -> tuple[int, Decimal, Promo | None]:
    """What is owed, the rate a year it goes on at, and the present rate where it ends; under an agreement what that says."""
    if position.agreed is not None:
        return position.ledger.principal_left_minor, min(position.agreed_rate, Decimal(10)), None
    try:
        owed, rate = outstanding(position.terms, position.schedule, position.paid_in_order)
        owed -= position.extra_since_minor
    except (NoRate, SeveralRates):
        owed, rate = position.ledger.principal_left_minor, Decimal(0)
    if position.is_revolving:
        owed = position.left_minor
    return owed, *_rates(position, rate * position.terms.periods_per_year)


def _rates(position: LoanPosition, implied: Decimal) -> tuple[Decimal, Promo | None]:
    """The rate a year, and the present one as a promotion where the contract changes it on a day to come."""
    today, terms = position.ledger.as_of, position.terms
    coming = next((change for change in terms.rate_changes if change.effective > today), None)
    if terms.method in (Method.FLAT, Method.PAYMENT_PLAN):
        return min(max(implied, Decimal(0)), Decimal(10)), None
    passed = [change.annual_rate for change in terms.rate_changes if change.effective <= today]
    now = passed[-1] if passed else terms.annual_rate
    if coming is None:
        return now, None
    months = (coming.effective.year - today.year) * 12 + coming.effective.month - today.month
    return coming.annual_rate, Promo(max(months, 1), now)


def _by_month(amount: int, per_year: Decimal) -> int:
    top, bottom = per_year.as_integer_ratio()
    return round_ratio(amount * top, 12 * bottom)


def late_rate(position: LoanPosition, debt: Debt) -> Decimal:
    """What being late adds to the rate of what is overdue; of the whole balance where the contract says so."""
    rules = position.ledger.rules
    penalty = PenaltyRates(rules, position.terms).at(position.ledger.as_of)
    # What is overdue bears the penalty rate instead of the contract's, the whole balance bears it on top.
    late = penalty if rules.base == PenaltyBase.BALANCE else max(penalty - debt.annual_rate, Decimal(0))
    return min(late, Decimal(10))


def _creditor(position: LoanPosition, debt: Debt, is_priority: bool) -> Creditor:
    """A debt with what its contract says about paying late; nothing is counted where that is not known."""
    rules = position.ledger.rules
    arrears = min(position.ledger.overdue_minor, debt.balance_minor)
    return Creditor(
        debt.key, debt.balance_minor, debt.minimum_minor, debt.annual_rate, arrears, is_priority, late_rate(position, debt),
        rules.late_fee_minor, rules.base == PenaltyBase.BALANCE,
    )  # fmt: skip
