"""Whether an offer holds: tested at the worst recent months before it is sent."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, takewhile
from typing import NamedTuple

from ..engine.cashflow import Flow, Role, percentile, project
from ..engine.dates import add_months, add_period
from ..engine.money import currency, round_ratio
from ..engine.offers import Claim, Guard, guard_offer, split_offers
from ..engine.requests import each_time
from ..imports import sorting
from ..radar import services as radar
from ..radar.services import Radar
from .drafting import Draft, Part

LOW_PERCENT, HIGH_PERCENT = 20, 80
LEAST_MONTHS = IN_A_ROW = 3
TESTED_MONTHS = 12
_LIVING = (Role.EVERYDAY, Role.ESSENTIAL, Role.FLEXIBLE, Role.SAVINGS)


class Hard(NamedTuple):
    """A hard month: what comes in and what living costs, by `source`: history (`months` of it), low incomes, plan."""

    income_minor: int
    living_minor: int
    months: int
    source: str


@dataclass(frozen=True)
class Held:
    """An offer to all creditors tested at hard months from `first` to `last`; `has_cash`: by days from a known balance."""

    guard: Guard
    hard: Hard
    first: date
    last: date
    has_cash: bool


def hard_months(draft: Draft) -> Hard:
    """The worse of the plan and the imported months: income one time in five is lower, spending one time in five is higher.

    Three months in a row are averaged, so that a rent paid by the quarter is not taken for every month's.
    """
    month, living = draft.month, draft.month.living_minor
    totals = sorting.month_totals(draft.case, draft.today)
    if len(totals) >= LEAST_MONTHS:
        low = percentile(_in_a_row([t.income_minor for t in totals]), LOW_PERCENT)
        high = percentile(_in_a_row([t.spending_minor for t in totals]), HIGH_PERCENT)
        return Hard(min(draft.income_minor, low), max(living, high), len(totals), "history")
    low = sum(
        row.monthly_minor if row.line.low_minor is None or not row.line.amount_minor
        else round_ratio(row.monthly_minor * row.line.low_minor, row.line.amount_minor)
        for row in month.income
    )  # fmt: skip
    has_low = any(row.line.low_minor is not None for row in month.income)
    return Hard(min(draft.income_minor, low), living, 0, "low" if has_low else "plan")


def _in_a_row(months: Sequence[int]) -> list[int]:
    return [sum(months[i : i + IN_A_ROW]) // IN_A_ROW for i in range(len(months) - IN_A_ROW + 1)]


def hold(draft: Draft, seen: Radar | None = None) -> Held:
    """Test the offers of a draft, and find the largest total a month that survives hard months, each by itself and in a row."""
    hard = hard_months(draft)
    seen = seen or radar.look(draft.case, draft.today)
    first = max(draft.begins, draft.today)
    last = _tested_until(draft, first, seen)
    varied = draft.sharing
    offered = sum(part.offered_minor for part in varied)
    fixed = draft.offered_minor - offered
    room = hard.income_minor - hard.living_minor - fixed
    by_days: Callable[[int], int] | None = None
    if seen is not None:
        by_days = _lowest_cash(draft, varied, _hard_balances(draft, seen, hard, varied, first, last), first, last)

    def lowest(total: int) -> int:
        """What is left at the worst, of a hard month and of the cash by days: what is in hand bridges days, it pays no months."""
        return room - total if by_days is None else min(room - total, by_days(total))

    most = max(sum(part.standing.most_minor for part in varied), offered)
    found = guard_offer(offered, most, lowest, step_minor=10 ** currency(draft.case.currency).minor_digits)
    largest = None if found.largest_minor is None else found.largest_minor + fixed
    return Held(Guard(draft.offered_minor, found.lowest_minor, largest), hard, first, last, seen is not None)


def _tested_until(draft: Draft, first: date, seen: Radar | None) -> date:
    """A year, or until the offers end and are looked at again: what follows then is another plan."""
    ends = [
        part.outcome.resumes_on for part in draft.asking if part.has_amount and part.outcome and part.outcome.resumes_on
    ]
    last = min([add_months(first, TESTED_MONTHS), *(day for day in ends if day > first)]) - timedelta(days=1)
    return last if seen is None else min(last, seen.projection.last)


def amounts_at(draft: Draft, total: int) -> dict[int, int]:
    """What each creditor whose amount can be set gets of a monthly total over all, by number: priority first, then pro rata."""
    fixed = draft.offered_minor - sum(part.offered_minor for part in draft.sharing)
    return _split(draft.sharing, max(total - fixed, 0), draft.case.currency)


def _hard_balances(
    draft: Draft, seen: Radar, hard: Hard, varied: Sequence[Part], first: date, last: date
) -> Sequence[int]:
    """The balances of hard months, without the instalments whose amount is tried."""
    before = first - timedelta(days=1)
    late = sum(part.standing.late_minor for part in draft.asking)
    replaced = [*draft.asking, *(part for part in varied if part.outcome is None)]
    opening = seen.opening_minor if before < draft.today else max(seen.projection.at(before) + late, 0)
    flows = scaled(seen.flows, (Role.INCOME,), hard.income_minor, draft.month.summary.income_minor, first)
    flows = scaled(flows, _LIVING, hard.living_minor, draft.month.living_minor, first)
    kept = [flow for flow in without(flows, replaced, draft.today) if flow.on >= first]
    rows = [flow for part in draft.asking for flow in rows_due([part], first, last) if part not in varied
            or not _is_running(part, flow.on)]  # fmt: skip
    everyday = _part_of(seen.everyday_minor, hard.living_minor, draft.month.living_minor)
    return project(opening, first, last, [*kept, *rows], everyday).balances


def _lowest_cash(
    draft: Draft, varied: Sequence[Part], balances: Sequence[int], first: date, last: date
) -> Callable[[int], int]:
    """The lowest balance for a monthly total: the balances less what was paid by then, of each no more than it takes in all."""
    paying = [
        (part, [(on - first).days for on in _paying_days(part, first, last)], sum(amount for _on, amount in _payments(part)))
        for part in varied
    ]  # fmt: skip
    cuts = sorted({0, len(balances), *(day for _part, days, _most in paying for day in days)})
    lows = [(start, min(balances[start:end])) for start, end in pairwise(cuts)]
    own = {part.n: part.offered_minor for part in varied}

    def lowest(total: int) -> int:
        amounts = own if total == sum(own.values()) else _split(varied, total, draft.case.currency)
        each = [(each_time(amounts[p.n], p.position.terms.periods_per_year), days, most) for p, days, most in paying]
        return min(
            low - sum(min(amount * bisect_right(days, start), most) for amount, days, most in each) for start, low in lows
        )  # fmt: skip

    return lowest


def _paying_days(part: Part, first: date, last: date) -> list[date]:
    """The days on which the offered amount is paid, as often as the smallest one would be: a lower amount is paid for longer."""
    payments, resumes_on = _payments(part), part.outcome.resumes_on if part.outcome else None
    if not payments:
        return []
    start, end, frequency = payments[0][0], last, part.position.terms.frequency
    if resumes_on is not None:
        end = min(last, resumes_on - timedelta(days=1))
    days = (add_period(start, frequency, k, anchor_day=start.day) for k in range((end - start).days + 1))
    return [on for on in takewhile(lambda on: on <= end, days) if on >= first]


def _split(varied: Sequence[Part], total: int, code: str) -> dict[int, int]:
    claims = [
        Claim(str(p.n), p.standing.owed_minor, p.standing.most_minor, p.loan.is_priority) for p in varied
    ]  # fmt: skip
    offers = split_offers(total, claims, 10 ** currency(code).minor_digits).offers
    return {int(offer.key): 0 if offer.is_token else offer.amount_minor for offer in offers}


def scaled(flows: Iterable[Flow], roles: Sequence[Role], wanted: int, planned: int, first: date) -> list[Flow]:
    """The flows of these roles from a day on, so that a planned month comes to what is wanted."""
    if wanted == planned or planned <= 0:
        return list(flows)
    return [
        flow._replace(amount_minor=_part_of(flow.amount_minor, wanted, planned))
        if flow.role in roles and flow.on >= first else flow
        for flow in flows
    ]  # fmt: skip


def _part_of(amount: int, wanted: int, planned: int) -> int:
    return round_ratio(amount * max(wanted, 0), planned) if planned > 0 else amount


def without(flows: Iterable[Flow], parts: Sequence[Part], today: date) -> list[Flow]:
    """The flows without the contract's instalments that those of these creditors take the place of, overdue ones included."""
    taken = {f"loan-{part.loan.id}": _taken_from(part, today) for part in parts}
    late = {f"loan-{part.loan.id}": _late_count(part, today) for part in parts}
    found = []
    for flow in flows:
        if late.get(flow.key):
            late[flow.key] -= 1  # a loan's flows come in order, the overdue ones first
        elif flow.key not in taken or flow.on < taken[flow.key]:
            found.append(flow)
    return found


def _taken_from(part: Part, today: date) -> date:
    before = part.outcome.rows_before if part.outcome else ()
    return next((row.due_date for row in before if row.due_date >= today), part.begins)


def _late_count(part: Part, today: date) -> int:
    return sum(not row.is_paid and row.instalment.due_date < today for row in part.position.ledger.rows)


def rows_due(parts: Iterable[Part], first: date, last: date) -> list[Flow]:
    """What these creditors are asked to take from `first` to `last`, as flows."""
    return [
        Flow(on, -amount, f"loan-{part.loan.id}", Role.INSTALMENT)
        for part in parts for on, amount in _payments(part) if first <= on <= last and amount
    ]  # fmt: skip


def _payments(part: Part) -> list[tuple[date, int]]:
    """What is asked for, or the contract's instalments from the plan's first day on."""
    if part.outcome is not None:
        return [(row.due_date, row.payment_minor) for row in part.outcome.rows_after]
    rows = ((row.instalment.due_date, row.left_minor) for row in part.position.ledger.rows if not row.is_paid)
    return [(on, amount) for on, amount in rows if on >= part.begins]


def _is_running(part: Part, on: date) -> bool:
    """Whether an instalment of this day is one that the offer sets."""
    return part.outcome is None or part.outcome.resumes_on is None or on < part.outcome.resumes_on
