"""The cheapest plan that fits the cash month by month, found by a solver and then counted again to the unit.

The solver (HiGHS, extra [optimise]) works in real numbers and may stop before it has proven its answer. What it finds is paid
again by the exact rules of paying.py and set beside every known strategy under the same cash: the cheapest of them all is the
answer, so it is never dearer than any strategy. Only here is the solver imported; the rest of the engine does without.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from importlib import import_module
from typing import Any

from .errors import EngineError, TermsError
from .optimum_model import DebtColumns, Model, build
from .paying import Answer, Asked, Choices, Course, Decide, NoPlan, in_order, minimums_only, pay, prepayment_fee
from .payoff import Order, Rules, ranked

MOST_MONTHS = 120
ROOM = 6  # months more than the quickest strategy takes, in which waiting may still pay


class OptimiserMissing(EngineError):
    """The solver is not installed: pip install 'planner[optimise]'."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The cheapest plan found. `bound_minor`: no plan within `horizon` months can cost less, as the solver has proven.

    `gap` is how much of the cost might still be saved at most (0 when proven, up to the rounding of cents). `source` is
    "solver" or the name of a strategy that is just as cheap, and simpler to follow.
    """

    course: Course
    source: str
    bound_minor: int
    horizon: int
    gap: Decimal

    @property
    def cost_minor(self) -> int:
        """Interest and every fee."""
        return self.course.cost_minor

    @property
    def is_proven(self) -> bool:
        """Whether nothing cheaper exists within the horizon."""
        return self.gap == 0


def strategies(
    debts: Sequence[Choices], cash_minor: Sequence[int], custom: Sequence[str] = (), *, carry_over: bool = True
) -> dict[str, Course]:
    """Avalanche, snowball, one's own order where one is given, and bare minimums under this cash: those that work out."""
    plain = [each.debt for each in debts]
    rules = [Rules(Order.AVALANCHE), Rules(Order.SNOWBALL)] + (
        [Rules(Order.CUSTOM, custom=tuple(custom))] if custom else []
    )
    plans: dict[str, Decide] = {str(each.order): in_order(debts, ranked(plain, each)) for each in rules}
    plans[str(Order.MINIMUMS)] = minimums_only(debts)
    found = {}
    for name, decide in plans.items():
        try:
            found[name] = pay(debts, cash_minor, decide, carry_over=carry_over)
        except NoPlan:
            continue
    return found


def optimise(
    debts: Sequence[Choices],
    cash_minor: Sequence[int],
    custom: Sequence[str] = (),
    *,
    carry_over: bool = True,
    seconds: float = 5.0,
    digits: int = 2,
) -> Optimum:
    """The plan under which least is paid in all, with `cash_minor` for the debts in each month (the last amount goes on).

    With `carry_over` cash may wait for a later month, bearing nothing. `digits` are the decimals of the currency. Raises
    OptimiserMissing without the solver, NoPlan when nothing fits, TermsError for a household that cannot be.
    """
    highs = _highs()
    if seconds <= 0:
        raise TermsError("seconds", "out_of_range", least=0)
    known = strategies(debts, cash_minor, custom, carry_over=carry_over)
    quickest = min((len(course.months) for course in known.values()), default=MOST_MONTHS)
    horizon = min(quickest + ROOM, max(quickest, MOST_MONTHS))
    unit = 10**digits
    model, columns = build(debts, cash_minor, horizon, unit, carry_over=carry_over)
    solved = _solve(highs, model, seconds)
    found = dict(known)
    if solved.values:
        follow = _followed(debts, columns, solved.values, unit)
        with suppress(NoPlan):  # its rounding may leave a minimum uncovered; the strategies remain
            found["solver"] = pay(debts, cash_minor, follow, carry_over=carry_over)
    if not found:
        raise _missing(debts, cash_minor, carry_over)
    source = min(found, key=lambda name: (found[name].cost_minor, name == "solver", len(found[name].months)))
    best, opening = found[source], sum(each.debt.balance_minor for each in debts)
    # Each month of each debt is rounded to the unit in the real plan, and not in the solver's.
    slack = len(debts) * len(best.months)
    bound = min(int(solved.bound * unit) - opening - slack, best.cost_minor)
    is_proven = solved.is_optimal and best.cost_minor - bound <= 2 * slack
    gap = Decimal(0) if is_proven else _share(best.cost_minor - bound, best.cost_minor)
    return Optimum(best, source, max(bound, 0), horizon, gap)


@dataclass(frozen=True, slots=True)
class _Solved:
    values: list[float]
    bound: float
    is_optimal: bool


def _highs() -> Any:
    try:
        return import_module("highspy")
    except ImportError:
        raise OptimiserMissing("install planner[optimise]") from None


def _solve(highspy: Any, model: Model, seconds: float) -> _Solved:
    """Run the solver: one thread and a fixed seed, so that the same household gets the same answer."""
    solver = highspy.Highs()
    for name, value in (
        ("log_to_console", False), ("output_flag", False), ("threads", 1), ("random_seed", 0), ("time_limit", float(seconds)),
        ("mip_rel_gap", 1e-7), ("mip_abs_gap", 0.005), ("mip_feasibility_tolerance", 1e-9),
        ("primal_feasibility_tolerance", 1e-9),
    ):  # fmt: skip
        solver.setOptionValue(name, value)
    solver.passModel(_as_lp(highspy, model))
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    is_optimal = status == highspy.HighsModelStatus.kOptimal
    has_values = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = list(solver.getSolution().col_value) if has_values else []
    bound = info.mip_dual_bound if any(model.whole) else info.objective_function_value if is_optimal else 0.0
    return _Solved(values, float(bound) if abs(bound) < 1e20 else 0.0, is_optimal)


def _as_lp(highspy: Any, model: Model) -> Any:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.cost), len(model.rows)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_ = [least for least, _most, _entries in model.rows]
    lp.row_upper_ = [most for _least, most, _entries in model.rows]
    kinds = highspy.HighsVarType
    if any(model.whole):
        lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in model.whole]
    starts, indices, values = [0], list[int](), list[float]()
    for _least, _most, entries in model.rows:
        indices += entries.keys()
        values += entries.values()
        starts.append(len(indices))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, indices, values
    return lp


def _followed(debts: Sequence[Choices], columns: Sequence[DebtColumns], values: Sequence[float], unit: int) -> Decide:
    """The solver's plan in whole units: what it clears is cleared, what is due is paid, what is not there is not spent."""
    by_rate = ranked([each.debt for each in debts], Rules(Order.AVALANCHE))
    after = in_order(debts, by_rate)
    months = len(columns[0].pay) if columns else 0

    def decide(asked: Asked) -> Answer:
        t = asked.month - 1
        if t >= months:
            return after(asked)  # a few units may be left over by rounding
        deferred = frozenset(
            i for i, each in enumerate(columns)
            if each.deferred and values[each.deferred[t]] > 0.5 and asked.owed[i] and asked.deferrals[i]
        )  # fmt: skip
        pays = []
        for i, each in enumerate(columns):
            wanted = round(values[each.pay[t]] * unit)
            clears = values[each.balance[t]] * unit < 1
            is_late = bool(each.late) and values[each.late[t]] > 0.5
            due = 0 if i in deferred or is_late else asked.due[i]
            pays.append(asked.owed[i] if clears else min(max(wanted, due), asked.owed[i]))
        _within_hand(debts, asked, deferred, pays, by_rate)
        return Answer(tuple(pays), deferred)

    return decide


def _within_hand(
    debts: Sequence[Choices], asked: Asked, deferred: frozenset[int], pays: list[int], by_rate: Sequence[int]
) -> None:
    """Take back what the cash does not cover: what is beyond the due of the cheapest debt first, then from those who may wait."""

    def over() -> int:
        fees = sum(
            prepayment_fee(each, pays[i] - (0 if i in deferred else asked.due[i])) for i, each in enumerate(debts)
        )
        return sum(pays) + fees - asked.hand_minor

    for keep_due in (True, False):
        for i in reversed(by_rate):
            may_wait = debts[i].late_fee_minor is not None or i in deferred
            floor = asked.due[i] if keep_due and i not in deferred else 0
            if not keep_due and not may_wait:
                continue
            while over() > 0 and pays[i] > floor:
                pays[i] = max(pays[i] - over(), floor)


def _missing(debts: Sequence[Choices], cash_minor: Sequence[int], carry_over: bool) -> NoPlan:
    """What stands in the way, said by the plan that pays only what is due."""
    try:
        pay(debts, cash_minor, minimums_only(debts), carry_over=carry_over)
    except NoPlan as missing:
        return missing
    return NoPlan(None, 0)


def _share(part: int, whole: int) -> Decimal:
    if whole <= 0:
        return Decimal(0)
    return min((Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_UP), Decimal(1))
