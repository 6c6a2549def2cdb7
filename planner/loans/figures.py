"""What the pages of a loan draw and list, worked out from the engine's results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _
from markupsafe import Markup

from .. import charts
from ..charts import At, Due, Span
from ..engine.dates import add_months
from ..engine.ledger import LedgerRow
from ..engine.loan import Method
from ..formatting import day, percent
from .services import LoanPosition, due_items

CLEAR_DIFFERENCE = Decimal("0.0005")
SHOWN_ROWS = 12
MOST_ROWS = 60  # of a table on one page; longer ones have pages of their own


class Line(NamedTuple):
    """A row of the repayment table; the year stands only where it changes."""

    row: LedgerRow
    day: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums under a table, in minor units."""

    payment_minor: int
    principal_minor: int
    cost_minor: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All loans together. Totals count the loans in the case's currency; `due` are this month's instalments not yet paid."""

    open: tuple[LoanPosition, ...]
    done: tuple[LoanPosition, ...]
    left_minor: int
    due_minor: int
    due_count: int
    has_revolving: bool
    chart: Markup | None

    @property
    def dearest(self) -> LoanPosition:
        """The running loan with the highest true cost: trying things out pays most there."""
        return max(self.open, key=lambda p: p.cost.nominal if p.cost else Decimal(0))


def overview(positions: Sequence[LoanPosition], currency: str, today: date) -> Overview:
    """The loans sorted into those that go on and those that are done with, and what the former come to."""
    running = tuple(p for p in positions if not p.is_paid_off and p.loan.closed_on is None)
    counted = [p for p in running if p.loan.currency == currency]
    first, last = month_of(today)
    due = [item for item in due_items(counted, first, last) if not item.is_paid]
    return Overview(
        running, tuple(p for p in positions if p not in running), sum(p.left_minor for p in counted),
        sum(item.left_minor for item in due), len(due), any(p.is_revolving for p in counted),
        timeline_chart(running, today),
    )  # fmt: skip


def month_of(today: date) -> tuple[date, date]:
    """The first and the last day of the month."""
    first = today.replace(day=1)
    return first, add_months(first, 1) - timedelta(days=1)


def lines(rows: Sequence[LedgerRow], today: date, *, first_year: bool = False) -> list[Line]:
    """Table rows; the first shows its year when it is not this one, or when asked for."""
    found, year = [], 0 if first_year else today.year
    for row in rows:
        due = row.instalment.due_date
        found.append(Line(row, day(due) if due.year == year else day(due, "full")))
        year = due.year
    return found


def totals(rows: Sequence[LedgerRow]) -> Totals:
    """The sums of these rows."""
    return Totals(
        sum(row.instalment.payment_minor for row in rows),
        sum(row.instalment.principal_minor for row in rows),
        sum(row.instalment.interest_minor + row.instalment.fee_minor for row in rows),
    )


def cost_word(position: LoanPosition) -> str:
    """What the part of an instalment that does not reduce the debt is called for this loan."""
    if position.schedule.fee_minor:
        return str(_("Interest and fees"))
    words = {Method.FLAT: _("Fee"), Method.PAYMENT_PLAN: _("Cost")}
    return str(words.get(position.terms.method) or _("Interest"))


def advertised(position: LoanPosition) -> Decimal | None:
    """The yearly rate the borrower was told: in the advert, else in the contract; None when nothing was said."""
    if position.loan.advertised_rate is not None:
        return position.loan.advertised_rate
    return None if position.terms.method == Method.PAYMENT_PLAN else position.terms.annual_rate


def as_said(rate: Decimal) -> str:
    """A rate that somebody named, with the decimals they named: 9%, 23.9%, 18.25%."""
    exponent = (rate * 100).normalize().as_tuple().exponent
    return percent(rate, min(max(-int(exponent), 0), 4))


def times_advertised(position: LoanPosition) -> Decimal | None:
    """How many times the advertised rate the true cost is; None when both are about the same or one is missing."""
    said = advertised(position)
    if position.cost is None or not said or position.cost.nominal - said <= CLEAR_DIFFERENCE:
        return None
    return (position.cost.nominal / said).quantize(Decimal("0.1"))


def schedule_chart(position: LoanPosition) -> Markup:
    """One bar an instalment, the paid ones solid."""
    rows, nxt = position.schedule.rows, position.paid_in_order
    marks = sorted({0, nxt if position.next else 0, len(rows) - 1})
    style = "month_short" if len(rows) <= SHOWN_ROWS else "month"
    return charts.schedule_bars(
        [Due(row.principal_minor, row.interest_minor + row.fee_minor) for row in rows],
        nxt,
        key="schedule",
        title=_("Each instalment"),
        desc=_("%(paid)d of %(all)d instalments are paid. The table below has every figure.", paid=nxt, all=len(rows)),
        labels=[At(i, day(rows[i].due_date, style)) for i in marks],
        here=At(nxt, _("Next")) if position.next else None,
    )


def timeline_chart(positions: Sequence[LoanPosition], today: date) -> Markup | None:
    """When each loan ends if everything goes on as agreed; None without an open loan."""
    spans = sorted(
        (Span(p.loan.title, _months(today, p.schedule.last_due), day(p.schedule.last_due, "month"))
         for p in positions if not p.is_paid_off), key=lambda span: span.months,
    )  # fmt: skip
    if not spans:
        return None
    longest = max(span.months for span in spans)
    return charts.timeline(
        spans, longest, key="timeline", title=_("When each loan ends"),
        desc=", ".join(f"{span.name}: {span.end}" for span in spans), ticks=_year_ends(today, longest),
    )  # fmt: skip


def _months(first: date, last: date) -> int:
    return max((last.year - first.year) * 12 + last.month - first.month, 0)


def _year_ends(today: date, longest: int) -> list[At]:
    """Now, and the ends of years that leave room for their texts."""
    last = today.year + (today.month - 1 + longest) // 12
    step = max((last - today.year) // 3, 1)
    years = range(today.year + 1, last + 1, step)
    ends = [At(_months(today, date(year, 12, 1)), _("end of %(year)d", year=year)) for year in years]
    near = [At(min(end.value, longest), end.text) for end in ends if longest / 4 <= end.value <= longest + 1]
    return [At(0, _("Now")), *near]
