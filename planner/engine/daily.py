"""Everyday spending line by line: what runs through, what begins or ends on the way, and what leaving one out saves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from .budget import BudgetLine, monthly_equivalent
from .cashflow import Flow, Role, everyday_by_day


def runs_through(line: BudgetLine, first: date, last: date) -> bool:
    """Whether a line is there on every day from `first` to `last`."""
    return line.starts_on <= first and (line.ends_on is None or line.ends_on >= last)


def everyday_flows(line: BudgetLine, key: str, first: date, last: date) -> list[Flow]:
    """A thirtieth of the month's amount for each day from `first` to `last` on which the line is there."""
    return _day_by_day(
        -monthly_equivalent(line), key, Role.EVERYDAY, max(first, line.starts_on), min(last, line.ends_on or last)
    )


def saved(flows: Iterable[Flow], key: str, monthly_minor: int, first: date, last: date) -> list[Flow]:
    """What leaving out an everyday line from `first` to `last` gives back day by day: by its own flows where it has any."""
    own = [flow._replace(amount_minor=-flow.amount_minor, role=Role.FLEXIBLE) for flow in flows if flow.key == key]
    if own:
        return sorted(flow for flow in own if first <= flow.on <= last)
    return _day_by_day(monthly_minor, key, Role.FLEXIBLE, first, last)


def _day_by_day(monthly_minor: int, key: str, role: Role, first: date, last: date) -> list[Flow]:
    days = everyday_by_day(abs(monthly_minor), first, max((last - first).days + 1, 0))
    sign = -1 if monthly_minor < 0 else 1
    return [Flow(first + timedelta(days=i), sign * minor, key, role) for i, minor in enumerate(days) if minor]
