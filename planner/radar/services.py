"""A case's budget and loans as flows, the projection of them, and the ways out of a red day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from flask_babel import gettext as _

from ..access import select_rows
from ..budget import services as budget
from ..cases.calendar import calendar_of
from ..engine.budget import monthly_equivalent
from ..engine.calendars import WorkCalendar
from ..engine.cashflow import Flow, Projection, RedDay, Role, due_flows, line_flows, lowered, project
from ..engine.changes import DeferredInterest
from ..engine.daily import everyday_flows, runs_through
from ..engine.errors import EngineError
from ..engine.events import ChangeTerm, Deferral, Event, Running, what_if
from ..engine.fixes import Fix, FixKind, Quote, Wishes, apply_fix, deferral_quotes, find_fixes
from ..engine.money import round_ratio
from ..engine.penalty import PenaltyRates
from ..errors import NotFound
from ..extensions import db
from ..formatting import listed
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import BudgetLine, Case, CashChange
from ..packs import find_heading

DAYS = 365
STALE_DAYS = 3
LONGER_BY = 6
MAX_FIXES = 24


@dataclass(frozen=True)
class Radar:
    """What is known of the coming year. `low` is the projection with the incomes of a bad month, None where none is given.

    `opening_minor` is the balance brought forward to today, before what falls due today unless what was entered has it;
    `age_days` how old that is.
    """

    case: Case
    today: date
    opening_minor: int
    age_days: int
    flows: tuple[Flow, ...]
    everyday_minor: int
    projection: Projection
    low: Projection | None
    positions: tuple[LoanPosition, ...]
    lines: tuple[BudgetLine, ...]
    changes: tuple[CashChange, ...]

    @property
    def is_stale(self) -> bool:
        """Whether the balance should be looked up again."""
        return self.age_days > STALE_DAYS

    def name(self, key: str) -> str:
        """Whose a flow is: the line's name, or the loan's; everyday spending is nobody's alone."""
        if not key:
            return _("everyday spending")
        kind, _sep, number = key.partition("-")
        if kind == "line":
            return next((line.name for line in self.lines if str(line.id) == number), "")
        return next((p.loan.title for p in self.positions if str(p.loan.id) == number), "")

    def names(self, red: RedDay) -> str:
        """What does not fit on a red day, by name."""
        return listed(self.name(item.key) for item in red.items)

    def position(self, key: str) -> LoanPosition | None:
        """The loan of a flow; None for a budget line."""
        return next((p for p in self.positions if key == f"loan-{p.loan.id}"), None)

    def red_day(self, on: date) -> RedDay | None:
        """The red day of this date; None when everything fits then."""
        return next((red for red in self.projection.red_days if red.on == on), None)


def look(case: Case, today: date, positions: Sequence[LoanPosition] | None = None) -> Radar | None:
    """The coming year from the balance that was entered; None while none was."""
    if case.balance_minor is None or case.balance_on is None:
        return None
    found = tuple(p for p in (positions or loans.positions(case, today)) if p.loan.currency == case.currency)
    rows = tuple(budget.lines(case))
    changes = tuple(db.session.scalars(select_rows(CashChange, case).order_by(CashChange.on)))
    first, last = min(case.balance_on, today) + timedelta(days=1), today + timedelta(days=DAYS)
    flows = _planned(case, rows, changes, first, last)
    everyday, passing = _everyday(case, rows, today + timedelta(days=1), last)
    opening = case.balance_minor + _since(case, rows, today, flows, found)
    ahead = [*(flow for flow in flows if flow.on >= today), *passing]
    for p in found:
        dues = [(row.instalment.due_date, row.left_minor) for row in p.ledger.rows if not row.is_paid]
        role = Role.INSTALMENT if p.agreed is None else Role.ARRANGEMENT
        ahead += due_flows(f"loan-{p.loan.id}", dues, today, last, role)
    lows = {f"line-{line.id}": line.low_minor for line in rows if line.low_minor is not None}
    low = project(opening, today, last, lowered(ahead, lows), everyday) if lows else None
    return Radar(
        case, today, opening, (today - case.balance_on).days, tuple(ahead), everyday,
        project(opening, today, last, ahead, everyday), low, found, rows, changes,
    )  # fmt: skip


def set_balance(case: Case, balance_minor: int, today: date, *, has_today: bool = True) -> None:
    """Keep what is in hand: with what comes and goes today, or before it, as on the evening of yesterday."""
    case.balance_minor, case.balance_on = balance_minor, today if has_today else today - timedelta(days=1)


def fixes_of(radar: Radar, red: RedDay) -> list[Fix]:
    """The ways out of a red day, cheapest and easiest first, each simulated on the same projection."""
    own = frozenset(f"line-{line.id}" for line in radar.lines if _is_own_choice(radar.case, line))
    cuts = {
        f"line-{line.id}": monthly_equivalent(budget.to_engine(line))
        for line in radar.lines
        if line.necessity == "flexible" and _is_everyday(radar.case, line) and _is_there(radar, line)
    }
    owing = [p for p in radar.positions if any(f.key == f"loan-{p.loan.id}" and f.on <= red.on for f in radar.flows)]
    quotes = tuple(quote for p in owing for quote in _quotes(p))
    wishes = Wishes(
        own, frozenset(), cuts, quotes, lambda flow, to: _price(radar, flow, to), step_minor=_step(radar.case)
    )
    return list(find_fixes(radar.projection, radar.flows, red, wishes))[:MAX_FIXES]


def with_fix(radar: Radar, fix: Fix) -> Projection:
    """The projection once a fix is done."""
    first, last = radar.projection.first, radar.projection.last
    return project(radar.opening_minor, first, last, apply_fix(radar.flows, fix), radar.everyday_minor)


def can_apply(fix: Fix) -> bool:
    """Whether the household can do it here by itself: a payment of a budget line moved or left out, once."""
    return fix.kind in (FixKind.MOVE_LINE, FixKind.CUT) and len(fix.removes) == 1 and fix.key.startswith("line-")


def apply(radar: Radar, red: RedDay, kind: str, key: str, now: datetime) -> CashChange:
    """Do one of the fixes that `can_apply`. Raises NotFound when it is not among the red day's ways out any more."""
    fix = next((f for f in fixes_of(radar, red) if can_apply(f) and f.kind == kind and f.key == key), None)
    if fix is None:
        raise NotFound
    original, to = _original(radar, fix), fix.to if fix.kind == FixKind.MOVE_LINE else None
    line_id = int(key.removeprefix("line-"))
    change = CashChange(case_id=radar.case.id, line_id=line_id, on=original, to=to, created_at=now)
    for earlier in radar.changes:
        if earlier.line_id == line_id and earlier.on == original:
            db.session.delete(earlier)
    db.session.add(change)
    db.session.flush()
    return change


def _original(radar: Radar, fix: Fix) -> date:
    """The day a payment had before an earlier change moved it."""
    now = fix.removes[0].on
    line_id = int(fix.key.removeprefix("line-"))
    return next((change.on for change in radar.changes if change.line_id == line_id and change.to == now), now)


def _planned(
    case: Case, lines: Sequence[BudgetLine], changes: Sequence[CashChange], first: date, last: date
) -> list[Flow]:
    """The lines' flows with a day of their own, as moved or left out; what was moved from before `first` is still to come."""
    begins = min([first, *(change.on for change in changes if change.to is not None and change.to >= first)])
    calendar = calendar_of(case, begins, last)
    flows = [flow for line in lines for flow in _line_flows(case, line, begins, last, calendar)]
    return [flow for flow in _changed(flows, changes) if flow.on >= first]


def _line_flows(case: Case, line: BudgetLine, first: date, last: date, calendar: WorkCalendar) -> list[Flow]:
    if _is_everyday(case, line):
        return []
    return line_flows(budget.to_engine(line), f"line-{line.id}", first, last, calendar)


def _changed(flows: Sequence[Flow], changes: Sequence[CashChange]) -> list[Flow]:
    """The flows with those payments moved or left out once."""
    to = {(f"line-{change.line_id}", change.on): change.to for change in changes}
    found = []
    for flow in flows:
        day = to.get((flow.key, flow.on), flow.on)
        if day is not None:
            found.append(flow._replace(on=day))
    return found


def _everyday(case: Case, lines: Sequence[BudgetLine], first: date, last: date) -> tuple[int, list[Flow]]:
    """Everyday spending ahead: what runs through, in minor units a month, and day by day what begins or ends on the way."""
    through, passing = 0, []
    for line in lines:
        if _is_everyday(case, line):
            value = budget.to_engine(line)
            if runs_through(value, first, last):
                through += monthly_equivalent(value)
            else:
                passing += everyday_flows(value, f"line-{line.id}", first, last)
    return through, passing


def _since(
    case: Case, lines: Sequence[BudgetLine], today: date, flows: Sequence[Flow], positions: Sequence[LoanPosition]
) -> int:
    """What the days since the balance was entered should have changed: planned flows, everyday spending, payments recorded."""
    on = case.balance_on or today
    planned = sum(flow.amount_minor for flow in flows if flow.on < today)
    spent = [
        flow
        for line in lines
        if _is_everyday(case, line)
        for flow in everyday_flows(budget.to_engine(line), "", on + timedelta(days=1), today)
    ]
    paid = sum(
        payment.amount_minor
        for p in positions
        for payment in loans.live_payments(p.loan)
        if payment.returned_on is None and on < payment.paid_on <= today
    )
    return planned + sum(flow.amount_minor for flow in spent) - paid


def _is_everyday(case: Case, line: BudgetLine) -> bool:
    return line.kind == "expense" and not budget.has_a_day(line, case.currency)


def _is_there(radar: Radar, line: BudgetLine) -> bool:
    """Whether everyday spending goes on at all on the days ahead."""
    ahead, last = radar.today + timedelta(days=1), radar.projection.last
    return line.starts_on <= last and (line.ends_on is None or line.ends_on >= ahead)


def _is_own_choice(case: Case, line: BudgetLine) -> bool:
    heading = find_heading(line.category, case.currency)
    return line.kind == "expense" and heading is not None and heading.own_choice


def _quotes(p: LoanPosition) -> tuple[Quote, ...]:
    """What deferring one instalment and a longer term would cost, by the contract; an agreement is not changed in passing."""
    if p.next is None or p.is_revolving or p.agreed is not None:
        return ()
    key, running = f"loan-{p.loan.id}", Running(p.terms, p.paid_in_order, p.part_minor, None)
    before = _rows(running, Deferral(1, DeferredInterest.WAIVED), before=True)
    if before is None:
        return ()
    found = list(deferral_quotes(key, before, lambda treatment: _rows(running, Deferral(1, treatment))))
    longer = _rows(running, ChangeTerm(LONGER_BY))
    if longer is not None:
        cost = sum(amount for _on, amount in longer) - sum(amount for _on, amount in before)
        found.append(Quote(FixKind.LONGER_TERM, key, tuple(longer), cost))
    return tuple(found)


def _rows(running: Running, event: Event, *, before: bool = False) -> list[tuple[date, int]] | None:
    try:
        what = what_if(running, [event])
    except EngineError:
        return None
    rows = what.rows_before if before else what.rows_after
    return [(row.due_date, row.payment_minor) for row in rows]


def _price(radar: Radar, flow: Flow, to: date) -> int:
    """What paying later costs: the penalty where it is known, at least the contract's own rate for the days."""
    p = radar.position(flow.key)
    if p is None or to <= flow.on:
        return 0
    cost = p.cost.nominal if p.cost else p.terms.annual_rate
    rate = max(PenaltyRates(p.ledger.rules, p.terms).at(flow.on), cost, Decimal(0))
    top, bottom = (-flow.amount_minor * rate * (to - flow.on).days).as_integer_ratio()
    return round_ratio(top, bottom * 365) + p.ledger.rules.late_fee_minor


def _step(case: Case) -> int:
    """Parts of payments are asked for in whole units."""
    return 1 if case.currency in ("JPY", "KRW") else 100


def role_is_instalment(flow: Flow) -> bool:
    """Whether a flow is what a lender is owed."""
    return flow.role in (Role.INSTALMENT, Role.ARRANGEMENT)
