"""What a suggestion would do to the month and the radar: done within a savepoint, looked at, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ..budget import services as budget
from ..changing import SUGGESTABLE
from ..engine.dates import add_months
from ..extensions import db
from ..loans import services as loans
from ..models import Case, Suggestion
from ..radar import services as radar
from . import applying


@dataclass(frozen=True, slots=True)
class Figures:
    """What is left in this month and in the next, in minor units, and the first day that does not fit.

    `has_radar`: the money in hand is known, so that days can be looked at; `short_what` is what does not fit, by name.
    """

    left_minor: tuple[int, int]
    has_radar: bool
    red_on: date | None = None
    short_minor: int = 0
    short_what: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """The figures as they are and as they would be; `month` is the first day of the month whose figure is shown."""

    month: date
    place: int
    before: Figures
    after: Figures

    @property
    def left_before(self) -> int:
        """What is left in that month as things are."""
        return self.before.left_minor[self.place]

    @property
    def left_after(self) -> int:
        """What would be left in it."""
        return self.after.left_minor[self.place]


def effect_of(suggestion: Suggestion, case: Case, today: date) -> Effect | None:
    """What all of a suggestion that can still be done would change; None where nothing of it can be."""
    ready = [item for item in suggestion.items if item.model in SUGGESTABLE and not applying.is_stale(item, case)]
    if not ready:
        return None
    before, after = _figures(case, today), None
    tried = db.session.begin_nested()
    try:
        if all(applying.write(item, case) for item in applying.in_order(ready)):
            after = _figures(case, today)
    finally:
        tried.rollback()
    return _effect(before, after, today) if after else None


def _effect(before: Figures, after: Figures, today: date) -> Effect:
    """This month, or the next where only that one changes."""
    first = today.replace(day=1)
    place = 1 if before.left_minor[0] == after.left_minor[0] and before.left_minor[1] != after.left_minor[1] else 0
    return Effect(add_months(first, place), place, before, after)


def _figures(case: Case, today: date) -> Figures:
    positions = loans.positions(case, today)
    left = tuple(_left(case, add_months(today.replace(day=1), place), today, positions) for place in (0, 1))
    seen = radar.look(case, today, positions)
    red = next(iter(seen.projection.red_days), None) if seen else None
    if seen is None or red is None:
        return Figures((left[0], left[1]), seen is not None)
    return Figures((left[0], left[1]), True, red.on, red.short_minor, seen.names(red))


def _left(case: Case, first: date, today: date, positions: Sequence[loans.LoanPosition]) -> int:
    return budget.month_view(case, first, today, positions).summary.surplus_minor
