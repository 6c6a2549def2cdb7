"""The cheapest plan as a mixed-integer programme: the months of paying.py in real numbers, for the solver.

Per debt and month: payment, balance after it, and, where they are needed, whether it is still open after the month, arrears,
whether it is late or deferred, and the fee for paying early. What is paid in all is as small as possible. Amounts are in
major units, so that the solver's tolerances are below a minor unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from .paying import Choices, cash_of

_INFINITY = 1e30


@dataclass(slots=True)
class Model:
    """A programme as lists: columns with bounds and cost, rows with bounds and entries."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float, dict[int, float]]] = field(default_factory=list)

    def column(self, upper: float, *, cost: float = 0.0, whole: bool = False, lower: float = 0.0) -> int:
        """A new variable; returns its number."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, entries: Sequence[tuple[float, int]], least: float = -_INFINITY, most: float = _INFINITY) -> None:
        """A new constraint: least <= sum of factor x variable <= most."""
        summed: dict[int, float] = {}
        for factor, column in entries:
            summed[column] = summed.get(column, 0.0) + factor
        self.rows.append((least, most, summed))


class _Month(NamedTuple):
    """What is owed in a month (variables and a constant), the least to pay (an amount, a share of it), and the most it can be."""

    owed: list[tuple[float, int]]
    constant: float
    floor: float
    share: float
    most: float


@dataclass(frozen=True, slots=True)
class DebtColumns:
    """The variables of one debt, by month. Empty lists where a debt does not need them."""

    pay: list[int]
    balance: list[int]
    open: list[int]
    fee: list[int]
    arrears: list[int]
    late: list[int]
    deferred: list[int]


def build(
    debts: Sequence[Choices], cash_minor: Sequence[int], months: int, unit: int, *, carry_over: bool
) -> tuple[Model, list[DebtColumns]]:
    """The programme over so many months, at whose end every debt is cleared. `unit` minor units are one major unit."""
    model = Model()
    cash = [cash_of(cash_minor, t) / unit for t in range(1, months + 1)]
    columns = [_debt(model, each, cash, unit) for each in debts]
    kept = -1
    for t, amount in enumerate(cash):
        spent = [(1.0, each.pay[t]) for each in columns] + [(1.0, each.fee[t]) for each in columns if each.fee]
        if carry_over:
            before, kept = kept, model.column(_INFINITY)
            model.row([*spent, (1.0, kept), *([(-1.0, before)] if t else [])], amount, amount)
        else:
            model.row(spent, most=amount)
    return model, columns


def _debt(model: Model, choices: Choices, cash: Sequence[float], unit: int) -> DebtColumns:
    debt, months = choices.debt, range(len(cash))
    opening, fee, minimum = debt.balance_minor / unit, debt.fee_minor / unit, debt.minimum_minor / unit
    share, is_late = float(debt.minimum_rate), choices.late_fee_minor is not None
    growth = [1 + float(_rate(choices, t + 1)) / 12 for t in months]
    most = _largest(choices, growth, opening, fee, minimum, unit)
    earliest = _earliest(growth, opening, fee, cash)
    needs_open = bool(minimum or fee or is_late or choices.deferrals)
    last = len(cash) - 1
    found = DebtColumns(
        [model.column(most[t] * growth[t] + fee + 1, cost=1.0) for t in months],
        [model.column(0.0 if t == last else most[t + 1]) for t in months],
        [model.column(0.0 if t == last else 1.0, whole=True, lower=1.0 if t < min(earliest, last) else 0.0) for t in months]
        if needs_open else [],
        [model.column(_INFINITY, cost=1.0) for _t in months] if choices.prepayment_fee_rate else [],
        [model.column(most[t + 1]) for t in months] if is_late else [],
        [model.column(1.0, whole=True) for _t in months] if is_late else [],
        [model.column(1.0, whole=True) for _t in months] if choices.deferrals else [],
    )  # fmt: skip
    for t in months:
        owed, constant = _owed(found, t, growth[t], fee, opening)
        month = _Month(owed, constant, minimum, share, most[t] * growth[t] + fee)
        charges = []
        if is_late:
            charges = [
                (-(choices.late_fee_minor or 0) / unit, found.late[t]),
                (-float(choices.late_rate) / 12, found.arrears[t]),
            ]
        if found.deferred:
            charges.append((-choices.deferral_fee_minor / unit, found.deferred[t]))
        minus_owed = [(-factor, column) for factor, column in owed]
        model.row([(1.0, found.balance[t]), (1.0, found.pay[t]), *minus_owed, *charges], constant, constant)
        if charges:
            model.row([(1.0, found.pay[t]), *minus_owed], most=constant)
        if needs_open:
            model.row([(1.0, found.balance[t]), (-most[t + 1], found.open[t])], most=0.0)
            if t:
                model.row([(1.0, found.open[t]), (-1.0, found.open[t - 1])], most=0.0)
        if is_late:
            _late_rows(model, found, t, month._replace(most=month.most + minimum))
        else:
            _minimum_rows(model, found, t, month)
        if found.fee:
            _fee_row(model, found, t, float(choices.prepayment_fee_rate), minimum)
        if found.deferred and t:
            model.row([(1.0, found.deferred[t]), (-1.0, found.open[t - 1])], most=0.0)
    if found.deferred:
        model.row([(1.0, column) for column in found.deferred], most=float(choices.deferrals))
    return found


def _owed(
    found: DebtColumns, t: int, growth: float, fee: float, opening: float
) -> tuple[list[tuple[float, int]], float]:
    """What is owed in a month, its interest and fee included: variables, and a constant."""
    if t == 0:
        return [], opening * growth + (fee if opening else 0.0)
    entries = [(growth, found.balance[t - 1])]
    return ([*entries, (fee, found.open[t - 1])] if fee else entries), 0.0


def _minimum_rows(model: Model, found: DebtColumns, t: int, month: _Month) -> None:
    """Pay the minimum while the debt stays open after the month, unless it is deferred."""
    floor, share, most = month.floor, month.share, month.most
    deferred = found.deferred[t : t + 1]
    if floor:
        model.row([(1.0, found.pay[t]), (-floor, found.open[t]), *((floor, d) for d in deferred)], 0.0)
    if share:
        of_owed = [(-share * factor, column) for factor, column in month.owed]
        model.row([(1.0, found.pay[t]), *of_owed, *((share * most, d) for d in deferred)], share * month.constant)


def _late_rows(model: Model, found: DebtColumns, t: int, month: _Month) -> None:
    """Arrears are what is due and not paid; where less is owed than is due, what is owed and not paid."""
    floor, share, most = month.floor, month.share, month.most
    arrears, deferred = found.arrears[t], found.deferred[t : t + 1]
    before = [(-1.0, found.arrears[t - 1])] if t else []
    less = model.column(1.0, whole=True)  # less is owed than is due
    unpaid = [(1.0, arrears), *before, (1.0, found.pay[t])]
    waived = [*((most, d) for d in deferred), (most, less), (-most, found.open[t])]
    model.row([*unpaid, *waived], floor - most)
    if share:
        model.row(
            [*unpaid, *waived, *((-share * factor, column) for factor, column in month.owed)],
            share * month.constant - most,
        )
    if deferred:
        model.row([*unpaid, (most, less)], 0.0)
    rest = [(-factor, column) for factor, column in month.owed]
    model.row([(1.0, arrears), *rest, (1.0, found.pay[t]), (-most, less)], month.constant - most)
    model.row([(1.0, arrears), (-most, found.late[t])], most=0.0)


def _fee_row(model: Model, found: DebtColumns, t: int, rate: float, minimum: float) -> None:
    """The fee on what is paid beyond what is due."""
    before = [(rate, found.arrears[t - 1])] if found.arrears and t else []
    deferred = [(-rate * minimum, d) for d in found.deferred[t : t + 1]]
    model.row([(1.0, found.fee[t]), (-rate, found.pay[t]), *before, *deferred], -rate * minimum)


def _rate(choices: Choices, month: int) -> Decimal:
    promo = choices.debt.promo
    return promo.annual_rate if promo and month <= promo.months else choices.debt.annual_rate


def _largest(
    choices: Choices, growth: Sequence[float], opening: float, fee: float, minimum: float, unit: int
) -> list[float]:
    """The most a debt can come to before each month, and after the last; with minimums it can only be less."""
    is_strict = choices.late_fee_minor is None and not choices.deferrals
    most = [opening]
    for factor in growth:
        after = most[-1] * factor + fee
        if is_strict:
            after = max(after - minimum, 0.0)
        else:
            after += (choices.late_fee_minor or 0) / unit + choices.deferral_fee_minor / unit
            after += most[-1] * float(choices.late_rate) / 12
        most.append(after)
    return [amount * (1 + 1e-9) + 0.01 for amount in most]


def _earliest(growth: Sequence[float], opening: float, fee: float, cash: Sequence[float]) -> int:
    """The first month (from 0) after which a debt could be cleared if it got all the cash there is, from the first on."""
    owed = opening
    for t, amount in enumerate(cash):
        owed = owed * growth[t] + fee - amount
        if owed <= 0.01:
            return t
    return len(cash)
