"""What the what-if page says and draws of an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from .. import charts
from ..charts import At
from ..engine.annual_cost import AnnualCost
from ..engine.dates import MONTHLY, add_period
from ..engine.outcome import Summary
from ..engine.schedule import Instalment
from ..formatting import day, money, percent
from .services import LoanPosition
from .what_if import Outcome


class Line(NamedTuple):
    """A row of the before-and-after table."""

    label: str
    before: str
    after: str


class Balance(NamedTuple):
    """The debt on one day, as things are and with the change."""

    day: str
    before_minor: int
    after_minor: int


class Effect(NamedTuple):
    """The one thing a change does, without words, as it can be kept: which, of how much, in the currency's minor units."""

    kind: str
    value: int | str | None
    currency: str
    monthly: bool


def effect(position: LoanPosition, outcome: Outcome) -> Effect:
    """The one thing the change does."""
    kind, value = _effect(outcome)
    return Effect(kind, value, position.loan.currency, _monthly(position))


def _effect(outcome: Outcome) -> tuple[str, int | str | None]:
    what = outcome.what
    change = what.instalment_change_minor
    if what.forgiven_minor:
        return "forgiven", what.forgiven_minor
    if change < 0:
        return "less", -change
    if what.months_change < 0:
        return "earlier", -what.months_change
    if what.after.last_date > what.before.last_date and not change:
        return "ends", what.after.last_date.isoformat()
    if change > 0 and what.total_change_minor >= 0:
        return "more", change
    return ("last", None) if what.total_change_minor < 0 else ("same", None)


def effect_words(found: Effect) -> str:
    """It in words, its number first."""
    kind, value, cur, monthly = found
    if kind == "earlier":
        return _("Paid off %(span)s earlier", span=_span(int(value or 0), monthly=monthly))
    if kind == "ends":
        return _("Ends on %(day)s", day=day(date.fromisoformat(str(value)), "full"))
    if kind in ("last", "same"):
        return _("The last payment gets smaller") if kind == "last" else _("No difference")
    amount = money(int(value or 0), cur)
    if kind == "forgiven":
        return _("%(amount)s need not be paid", amount=amount)
    if kind == "less":
        return _("%(amount)s less a month", amount=amount) if monthly else _("%(amount)s less each time", amount=amount)
    return _("%(amount)s more a month", amount=amount) if monthly else _("%(amount)s more each time", amount=amount)


def headline(position: LoanPosition, outcome: Outcome) -> str:
    """The one thing the change does, its number first."""
    return effect_words(effect(position, outcome))


def sentences(position: LoanPosition, outcome: Outcome) -> list[str]:
    """A sentence for each thing that changes, and for what has to be known."""
    what, cur = outcome.what, position.loan.currency
    found = []
    if what.months_change > 0:
        found.append(_("%(span)s more", span=span(position, what.months_change)))
    if what.total_change_minor > 0:
        found.append(_("%(amount)s more in all", amount=money(what.total_change_minor, cur)))
    elif what.total_change_minor < 0:
        found.append(_("%(amount)s less in all", amount=money(-what.total_change_minor, cur)))
    elif what.before.months == 1:
        found.append(_("Only the last instalment is left: it clears the debt anyway"))
    elif not what.differences:
        found.append(_("The total stays the same: this loan has no interest to save"))
    if what.after.largest_minor > max(what.after.instalment_minor, what.before.largest_minor):
        found.append(_("Later instalments are up to %(amount)s", amount=money(what.after.largest_minor, cur)))
    return found


def warnings(outcome: Outcome) -> list[str]:
    """What has to be known before deciding."""
    said: Mapping[str, str] = {
        "debt_grows": _(
            "What is paid meanwhile does not cover the interest: the debt grows, and interest is charged on it."
        ),
        "flat_assumed": _(
            "Ask the lender first: under a flat fee, later fees only fall away if they agree. "
            "This assumes they do, at the same true yearly cost."
        ),
        "last_row_larger": _(
            "The last instalment is much larger than the others. Plan for it now, or ask for more instalments."
        ),
    }
    return [said[note] for note in outcome.what.notes if note in said]


def lines(position: LoanPosition, outcome: Outcome) -> list[Line]:
    """Before and after, figure by figure; fees and what is given up only where there are any."""
    b, a, cur = outcome.what.before, outcome.what.after, position.loan.currency

    def amounts(label: str, before: int, after: int) -> Line:
        return Line(label, money(before, cur, cents=True), money(after, cur, cents=True))

    found = [amounts(_("Next instalment"), b.instalment_minor, a.instalment_minor)]
    second = [_second(rows) for rows in (outcome.what.rows_before, outcome.what.rows_after)]
    if second[1] != a.instalment_minor:
        found.append(amounts(_("The one after"), *second))
    if max(a.largest_minor - a.instalment_minor, b.largest_minor - b.instalment_minor) > 1:
        found.append(amounts(_("Largest instalment"), b.largest_minor, a.largest_minor))
    found += [
        Line(_("Instalments"), str(b.months), str(a.months)),
        Line(_("Ends"), day(b.last_date, "month"), day(a.last_date, "month")),
        amounts(_("Interest"), b.interest_minor, a.interest_minor),
    ]
    if b.fees_minor or a.fees_minor:
        found.append(amounts(_("Fees"), b.fees_minor, a.fees_minor))
    found.append(amounts(_("Paid in all"), b.total_minor, a.total_minor))
    if outcome.what.forgiven_minor:
        found.append(amounts(_("Given up by the lender"), 0, outcome.what.forgiven_minor))
    return [*found, Line(_("True yearly cost"), _rate(b.annual_cost), _rate(a.annual_cost))]


def span(position: LoanPosition, count: int) -> str:
    """So many months, or instalments where the loan is not paid by the month."""
    return _span(count, monthly=_monthly(position))


def _span(count: int, *, monthly: bool) -> str:
    if monthly:
        return str(ngettext("%(num)d month", "%(num)d months", count))
    return str(ngettext("%(num)d instalment", "%(num)d instalments", count))


def payoff_chart(position: LoanPosition, outcome: Outcome) -> Markup:
    """The debt over time, as things are and with the change."""
    before, after = _courses(position, outcome)
    what, cur = outcome.what, position.loan.currency
    return charts.payoff(
        before, after, key="payoff", title=_("How the debt falls"),
        desc=_("Now it ends in %(now)s, with the change in %(then)s.",
               now=day(what.before.last_date, "month"), then=day(what.after.last_date, "month")),
        base_label=_("As it is"), other_label=outcome.label, grid=[At(before[0], money(before[0], cur))],
        ticks=_end_ticks((len(before) - 1, what.before.last_date), (len(after) - 1, what.after.last_date)),
    )  # fmt: skip


def balances(position: LoanPosition, outcome: Outcome) -> list[Balance]:
    """The table behind the chart: about every eighth of the time, and the end."""
    before, after = _courses(position, outcome)
    last = max(len(before), len(after)) - 1
    first = outcome.what.rows_before[0].due_date
    wanted = sorted({*range(1, last + 1, max(last // 8, 1)), last})
    dates = {i: add_period(first, position.terms.frequency, i - 1) for i in wanted}
    return [Balance(day(dates[i], "month"), _at(before, i), _at(after, i)) for i in wanted]


def _courses(position: LoanPosition, outcome: Outcome) -> tuple[list[int], list[int]]:
    what, first = outcome.what, outcome.what.rows_before[0].due_date
    return _course(position, what.before, what.rows_before, first), _course(
        position, what.after, what.rows_after, first
    )


def _course(position: LoanPosition, summary: Summary, rows: Sequence[Instalment], first: date) -> list[int]:
    """The debt now and after each period, interest added at the rate that makes the payments end at zero."""
    places = [_place(position, row.due_date, first, n) for n, row in enumerate(rows, 1)]
    paid = dict.fromkeys(range(1, places[-1] + 1), 0)
    for place, row in zip(places, rows, strict=True):
        paid[place] += row.payment_minor
    owed = Decimal(summary.total_minor - summary.cost_minor)
    rate = summary.annual_cost.periodic if summary.annual_cost else Decimal(0)
    found = [int(owed)]
    for payment in paid.values():
        owed = owed * (1 + rate) - payment
        found.append(max(int(owed.to_integral_value()), 0))
    return [*found[:-1], 0]


def _place(position: LoanPosition, due: date, first: date, n: int) -> int:
    """The period a row stands in: its month for a monthly loan, else its number."""
    if not _monthly(position):
        return n
    return max((due.year - first.year) * 12 + due.month - first.month + 1, 1)


def _end_ticks(*ends: tuple[int, date]) -> list[At]:
    """Now, and both ends; only the later one where their texts would touch."""
    (first, _day), (last, _last_day) = ordered = sorted(ends)
    shown = ordered if first * 4 > last and (last - first) * 3 > last else ordered[1:]
    return [At(0, _("Now")), *(At(at, day(end, "month")) for at, end in shown)]


def _second(rows: Sequence[Instalment]) -> int:
    """The instalment after the next, which is the same for most loans; the last row of all is no measure."""
    return rows[1 if len(rows) > 2 else 0].payment_minor


def _monthly(position: LoanPosition) -> bool:
    return position.terms.frequency == MONTHLY


def _at(course: Sequence[int], index: int) -> int:
    return course[index] if index < len(course) else 0


def _rate(cost: AnnualCost | None) -> str:
    value: Any = cost.nominal if cost else None
    return percent(value, 2)
