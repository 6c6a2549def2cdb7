"""What the radar's pages draw and say, worked out from the engine's projection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from markupsafe import Markup

from .. import charts
from ..charts import At
from ..engine.asked import Kind
from ..engine.cashflow import Projection, Role
from ..engine.changes import DeferredInterest
from ..engine.fixes import Fix, FixKind
from ..formatting import day, listed, money
from .services import LONGER_BY, Radar, role_is_instalment

SPANS = (32, 91, 365)
MOST_LINES = 62


class DayLine(NamedTuple):
    """A day on which money moves: what, how much, and what is there in the evening, also if every month were a bad one."""

    on: date
    names: str
    change_minor: int
    balance_minor: int
    low_minor: int | None


def chart(radar: Radar, projection: Projection, days: int, key: str) -> Markup:
    """The balance of so many days, with money in, due days, and those that do not fit."""
    cur, first = radar.case.currency, projection.first
    shown = projection.balances[:days]
    low = min(range(len(shown)), key=lambda i: (shown[i], i))
    reds = {(red.on - first).days for red in projection.red_days}
    marks: dict[int, charts.Mark] = {}
    for flow in radar.flows:
        place = (flow.on - first).days
        if 0 <= place < days and days <= SPANS[1]:
            if role_is_instalment(flow):
                marks[place] = "short" if place in reds else "out"
            elif flow.amount_minor > 0:
                marks.setdefault(place, "in")
    lowest = _("lowest %(amount)s (%(day)s)", amount=money(shown[low], cur), day=day(first + timedelta(days=low)))
    return charts.cashflow(
        shown, key=key, title=_("Money day by day"),
        desc=_("Lowest %(amount)s on %(day)s. The table below has every day on which money moves.",
               amount=money(shown[low], cur), day=day(first + timedelta(days=low), "full")),
        low_label=lowest, ticks=_ticks(first, len(shown)), marks=sorted(marks.items()), grid=_grid(shown, cur),
        other=radar.low.balances[:days] if radar.low and projection is radar.projection else (),
    )  # fmt: skip


def day_lines(radar: Radar, projection: Projection, flows: Sequence[Any], days: int) -> list[DayLine]:
    """The days on which money moves, everyday spending left to the balance."""
    by_day: dict[date, list[Any]] = {}
    last = projection.first + timedelta(days=days - 1)
    for flow in flows:
        if projection.first <= flow.on <= last and flow.role != Role.EVERYDAY:
            by_day.setdefault(flow.on, []).append(flow)
    return [
        DayLine(on, listed(radar.name(flow.key) for flow in found), sum(f.amount_minor for f in found), projection.at(on),
                radar.low.at(on) if radar.low else None)
        for on, found in sorted(by_day.items())
    ][:MOST_LINES]  # fmt: skip


def fix_title(radar: Radar, fix: Fix) -> str:
    """A way out in a few words."""
    cur, name = radar.case.currency, radar.name(fix.key)
    amount = money(fix.amount_minor, cur)
    to = day(fix.to) if fix.to else ""
    words: dict[FixKind, str] = {
        FixKind.MOVE_LINE: _("Pay %(name)s, %(amount)s, on %(day)s instead", name=name, amount=amount, day=to),
        FixKind.CUT: _("Leave out %(name)s until then", name=name),
        FixKind.MOVE_DATE: _("Ask %(name)s to take this one on %(day)s", name=name, day=to),
        FixKind.MOVE_DUE_DAY: _("Ask %(name)s for another due day: %(day)s and each month so", name=name, day=to),
        FixKind.PART_PAY: _("Pay %(name)s in part, %(amount)s of it on %(day)s", name=name, amount=amount, day=to),
        FixKind.DEFER: _("Ask %(name)s to postpone one instalment", name=name),
        FixKind.LONGER_TERM: _("Ask %(name)s for %(n)d more instalments", name=name, n=LONGER_BY),
        FixKind.EXTRA_INCOME: _("Find %(amount)s more by then", amount=amount),
    }
    return words[fix.kind]


def fix_note(fix: Fix) -> str:
    """Who decides, and how the interest is treated."""
    treatments = {
        DeferredInterest.WAIVED: _("the interest is waived"),
        DeferredInterest.CAPITALISED: _("the interest joins the debt"),
        DeferredInterest.FIRST: _("the interest is due with the first instalment after"),
        DeferredInterest.SPREAD: _("the interest is spread over the rest"),
    }
    who = _("they have to agree") if fix.asks else _("you decide this yourself")
    if fix.kind == FixKind.EXTRA_INCOME:
        who = _("not a loan: work, a refund, something sold")
    return _("%(who)s; %(how)s", who=who, how=treatments[fix.treatment]) if fix.treatment else str(who)


def request_of(fix: Fix) -> dict[str, Any]:
    """What a way out asks of the lender, as the address of a new plan says it; empty for what no plan can ask."""
    begins = min((flow.on.isoformat() for flow in fix.removes), default="")
    asked: dict[FixKind, dict[str, Any]] = {
        FixKind.DEFER: {"kind": Kind.POSTPONE, "from_on": begins, "count": 1, "interest": fix.treatment},
        FixKind.LONGER_TERM: {"kind": Kind.LONGER, "from_on": begins, "more": LONGER_BY},
        FixKind.MOVE_DUE_DAY: {"kind": Kind.MOVE_DUE, "from_on": begins, "day": fix.to.day if fix.to else None},
    }
    return asked.get(fix.kind, {})


def _ticks(first: date, days: int) -> list[At]:
    """Today, the end, and two days between."""
    places = [0, days // 3, 2 * days // 3, days - 1]
    return [At(0, _("today")), *(At(place, day(first + timedelta(days=place))) for place in places[1:])]


def _grid(balances: Sequence[int], currency: str) -> list[At]:
    """One line near the top."""
    most, step = max(balances), 1
    if most <= 0:
        return []
    while step * 10 <= most:
        step *= 10
    level = most // step * step
    return [At(level, money(level, currency))]
