"""The month as the Budget tab, Today and the proposals read it, and changes to its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _

from .. import clock, tokens
from ..access import select_rows
from ..cases.calendar import calendar_of
from ..engine import budget as engine
from ..engine.budget import Kind, MonthSummary, Necessity, RepeatFrequency
from ..engine.calendars import Shift
from ..engine.dates import add_months
from ..engine.paydays import Cycle, cycle_amount, cycle_summary, pay_cycle
from ..errors import NotFound
from ..extensions import db
from ..formatting import money
from ..loans import services as loans
from ..loans.services import DueItem, LoanPosition
from ..models import BudgetLine, Case
from ..packs import find_heading

UNDO_SECONDS = 600
_AROUND = timedelta(days=100)  # further than the cycles before and after reach
_EDITED = (
    "name", "category", "amount_minor", "frequency", "starts_on", "ends_on", "day_of_month", "working_day", "necessity",
    "shift", "low_minor", "note",
)  # fmt: skip


class Row(NamedTuple):
    """A line as the month shows it; `monthly_minor` is what the month counts for it."""

    line: BudgetLine
    monthly_minor: int
    day_of_month: int


Rows = tuple[Row, ...]


class Part(NamedTuple):
    """One part of where the income goes; `tone` is the chart's colour."""

    label: str
    minor: int
    tone: str


@dataclass(frozen=True, slots=True)
class MonthView:
    """One month, or one pay cycle: the engine's summary, the lines by group, and the instalments due in it.

    `foreign` are instalments in another currency than the case's: shown, but in no sum. `previous` and `next` are first
    days; None where there is no such cycle. Without debts, as for a reader whom no loan is shared with, no instalment is in
    any figure: what is left is left before debts.
    """

    first: date
    last: date
    previous: date | None
    next: date | None
    is_cycle: bool
    currency: str
    summary: MonthSummary
    income: Rows
    essential: Rows
    flexible: Rows
    savings: Rows
    other: Rows
    instalments: tuple[DueItem, ...]
    foreign: tuple[DueItem, ...]
    has_debts: bool = True

    @property
    def has_income(self) -> bool:
        """Whether any income was entered, in this month or another."""
        return any(row.line.kind == Kind.INCOME for row in (*self.income, *self.other))

    @property
    def has_expense(self) -> bool:
        """Whether any expense was entered, in this month or another."""
        return any(row.line.kind == Kind.EXPENSE for row in (*self._spending, *self.other))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to show."""
        return not (self.has_income or self.has_expense or self.instalments or self.foreign)

    @property
    def living_minor(self) -> int:
        """Essential, flexible and savings together."""
        return self.summary.essential_minor + self.summary.flexible_minor + self.summary.savings_minor

    @property
    def out_minor(self) -> int:
        """All that goes out: living and instalments."""
        return self.living_minor + self.summary.instalments_minor

    @property
    def parts(self) -> list[Part]:
        """Where the income goes, in the order people spend it; parts of nothing are left out."""
        s = self.summary
        parts = [
            Part(_("Essential"), s.essential_minor, "f1"),
            Part(_("Flexible"), s.flexible_minor, "f3"),
            Part(_("Savings"), s.savings_minor, "f4"),
            Part(_("Repayments"), s.instalments_minor, "f2"),
            Part(_("Left") if self.has_debts else _("Left before debts"), s.surplus_minor, "todo"),
        ]
        return [part for part in parts if part.minor > 0]

    @property
    def bar(self) -> list[tuple[int, str]]:
        """The parts as the split bar takes them."""
        return [(part.minor, part.tone) for part in self.parts]

    @property
    def bar_total(self) -> int:
        """The length of the bar: the income, or what goes out where that is more."""
        return max(self.summary.income_minor, self.out_minor, 1)

    @property
    def bar_words(self) -> str:
        """The bar in words."""
        return ", ".join(f"{part.label} {money(part.minor, self.currency)}" for part in self.parts)

    @property
    def _spending(self) -> tuple[Row, ...]:
        return (*self.essential, *self.flexible, *self.savings)


def lines(case: Case) -> list[BudgetLine]:
    """The case's budget lines in the order they were entered."""
    return list(db.session.scalars(select_rows(BudgetLine, case).order_by(BudgetLine.id)))


def to_engine(line: BudgetLine) -> engine.BudgetLine:
    """The line as the engine's value."""
    return engine.BudgetLine(
        kind=Kind(line.kind),
        amount_minor=line.amount_minor,
        frequency=RepeatFrequency(line.frequency),
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        anchor_day=line.day_of_month,
        necessity=Necessity(line.necessity) if line.necessity else None,
        working_day=line.working_day,
        shift=Shift(line.shift),
    )


def month_view(
    case: Case, first: date, today: date, positions: Sequence[LoanPosition] | None = None, *, has_debts: bool = True
) -> MonthView:
    """The month that begins on `first`; `positions` saves reading the loans again where the caller has them."""
    found = _owed(case, today, has_debts=has_debts) if positions is None else positions
    following = add_months(first, 1)
    span = Cycle(first, following - timedelta(days=1))
    rows = [(line, to_engine(line)) for line in lines(case)]
    own, foreign = _due_within(case, found, span)
    values, owed = [value for _line, value in rows], [item.amount_minor for item in own]
    counted = [engine.month_amount(value, first.year, first.month) for value in values]
    summary = engine.month_summary(values, owed, first.year, first.month)
    around = (add_months(first, -1), following)
    return MonthView(*span, *around, False, case.currency, summary, *_grouped(rows, counted), own, foreign, has_debts)


def find_cycle_view(case: Case, on: date, today: date, *, has_debts: bool = True) -> MonthView | None:
    """The pay cycle that holds `on`: what falls into it, everyday spending by its days. None without a regular income."""
    rows = [(line, to_engine(line)) for line in lines(case)]
    values = [value for _line, value in rows]
    calendar = calendar_of(case, on - _AROUND, on + _AROUND)
    cycle = pay_cycle(values, on, calendar)
    if cycle is None:
        return None
    own, foreign = _due_within(case, _owed(case, today, has_debts=has_debts), cycle)
    by_day = [has_a_day(line, case.currency) for line, _value in rows]
    dated = [value for value, has_day in zip(values, by_day, strict=True) if has_day]
    everyday = [value for value, has_day in zip(values, by_day, strict=True) if not has_day]
    counted = [
        cycle_amount(value, cycle, is_everyday=not has_day, is_working_day=calendar)
        for value, has_day in zip(values, by_day, strict=True)
    ]
    summary = cycle_summary(dated, everyday, [item.amount_minor for item in own], cycle, calendar)
    earlier = pay_cycle(values, cycle.first - timedelta(days=1), calendar)
    around = (earlier.first if earlier else None, cycle.last + timedelta(days=1))
    return MonthView(
        *cycle, *around, True, case.currency, summary, *_grouped(rows, counted, in_full=True), own, foreign,
        has_debts,
    )  # fmt: skip


def coming(case: Case, first: date, last: date) -> list[tuple[date, str, int]]:
    """Money that comes or goes on a known day: (day, name, minor units, positive for money in), in order."""
    found, calendar = [], calendar_of(case, first, last)
    for line in lines(case):
        sign = 1 if line.kind == Kind.INCOME else -1
        if sign > 0 or has_a_day(line, case.currency):
            days = engine.occurrences(to_engine(line), first, last, calendar)
            found += [(on, line.name, sign * line.amount_minor) for on in days]
    return sorted(found)


def cash_ahead(case: Case, first: date, months: int) -> list[int]:
    """What each month from the one of `first` on leaves for loans: income less living costs and savings, each in its month.

    Negative where a month lacks money even before any instalment.
    """
    values = [to_engine(line) for line in lines(case)]
    found, calendar = [], calendar_of(case, first, add_months(first, months))
    for place in range(months):
        month = add_months(first, place)
        summary = engine.month_summary(values, [], month.year, month.month, engine.Reading.ACTUAL, calendar)
        found.append(summary.available_minor)
    return found


def parse_month(text: str | None, today: date) -> date:
    """The first of the month in "2026-12"; this month for anything else."""
    try:
        year, month = (int(part) for part in (text or "").split("-"))
        return date(year, month, 1) if 1970 <= year <= 2100 else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)


def parse_day(text: str | None, today: date) -> date:
    """The day in "2026-12-18"; today for anything else."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return today
    return found if 1970 <= found.year <= 2100 else today


def defaults(kind: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What a new line's form starts with; a link may name the heading."""
    return {"category": given.get("category") or ("wage" if kind == Kind.INCOME else "food")}


def form_data(line: BudgetLine) -> dict[str, Any]:
    """The line as its form shows it."""
    found = {name: getattr(line, name) for name in (*_EDITED, "version")}
    return found | {"amount": line.amount_minor, "working_day": line.working_day or 0, "low": line.low_minor}


def create_line(case: Case, kind: str, values: Mapping[str, Any], today: date, now: datetime) -> BudgetLine:
    """Add a line from a validated form."""
    line = BudgetLine(case_id=case.id, kind=kind, created_at=now)
    change_line(line, values, today)
    db.session.add(line)
    db.session.flush()
    return line


def change_line(line: BudgetLine, values: Mapping[str, Any], today: date) -> None:
    """Take a validated form's values over."""
    monthly = values["frequency"] == RepeatFrequency.MONTHLY
    line.name, line.category, line.amount_minor = values["name"], values["category"], values["amount"]
    line.frequency, line.ends_on, line.necessity = values["frequency"], values["ends_on"], values.get("necessity")
    line.day_of_month = values["day_of_month"] if monthly else None
    line.working_day = (values.get("working_day") or None) if monthly else None
    line.starts_on = _start(line, values["starts_on"], today) if monthly else values["starts_on"]
    line.shift = values.get("shift") or "none"
    line.low_minor = values.get("low") if line.kind == Kind.INCOME else None
    line.note = values.get("note")
    if not monthly:
        line.day_of_month = line.starts_on.day


def pack_line(line: BudgetLine) -> str:
    """A removed line as signed text that `restore_line` brings back exactly."""
    values = {name: getattr(line, name) for name in (*_EDITED, "kind", "case_id")}
    return tokens.sign("undo-line", {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()})


def restore_line(case: Case, packed: str) -> BudgetLine:
    """Bring a removed line back. Raises NotFound for a text that is forged, old, or of another case."""
    values = tokens.find_signed("undo-line", packed, max_age_seconds=UNDO_SECONDS)
    if values is None or values["case_id"] != case.id:
        raise NotFound
    dates = {name: date.fromisoformat(values[name]) for name in ("starts_on", "ends_on") if values[name]}
    line = BudgetLine(**(values | dates), created_at=clock.now())
    db.session.add(line)
    db.session.flush()
    return line


def _owed(case: Case, today: date, *, has_debts: bool) -> Sequence[LoanPosition]:
    return loans.positions(case, today) if has_debts else ()


def _due_within(
    case: Case, found: Sequence[LoanPosition], span: Cycle
) -> tuple[tuple[DueItem, ...], tuple[DueItem, ...]]:
    """The instalments due in a stretch of time: those in the case's currency, and the others."""
    due = loans.due_items(found, *span)
    own = tuple(item for item in due if item.currency == case.currency)
    return own, tuple(item for item in due if item.currency != case.currency)


def _grouped(
    rows: Sequence[tuple[BudgetLine, engine.BudgetLine]], counted: Sequence[int], *, in_full: bool = False
) -> tuple[Rows, Rows, Rows, Rows, Rows]:
    """Income, essential, flexible, savings with what each line counts; apart, in full or by the month, those of nothing."""
    groups: dict[str, list[Row]] = {name: [] for name in (Kind.INCOME, *Necessity, "other")}
    for (line, value), minor in zip(rows, counted, strict=True):
        name = (line.necessity or Kind.INCOME) if minor else "other"
        usual = 0 if in_full else engine.monthly_equivalent(value)
        groups[name].append(Row(line, minor or usual or line.amount_minor, _day(line)))
    income, essential, flexible, savings, other = map(tuple, groups.values())
    return income, essential, flexible, savings, other


def _start(line: BudgetLine, given: date | None, today: date) -> date:
    """Where a monthly line begins when only its day of the month was asked for: in the present month, or where it began."""
    begun = given or (line.starts_on if line.starts_on is not None else today.replace(day=1))
    return add_months(begun.replace(day=1), 0, line.day_of_month or begun.day)


def _day(line: BudgetLine) -> int:
    return line.day_of_month or line.starts_on.day


def has_a_day(line: BudgetLine, currency: str) -> bool:
    """Whether people pay this on one day, not bit by bit: rent falls due, food is bought all month."""
    heading = find_heading(line.category, currency)
    return line.frequency != RepeatFrequency.MONTHLY or heading is None or not heading.everyday
