"""Will they say yes? What a lender would stumble over in a proposal, found before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

# A difference from the fair share below this is rounding or a round figure, not a preference.
_UNEQUAL_PART = 20
NEEDS_EVIDENCE = ("lost_income", "income", "illness")


class Point(StrEnum):
    """What may be missing or wrong, in the order in which it is put right."""

    CAUSE = "cause"
    UNEXPLAINED = "unexplained"
    MISSING_LINE = "missing_line"
    LEFT_OUT = "left_out"
    UNWORKABLE = "unworkable"
    ABOVE = "above"
    UNEQUAL = "unequal"
    DATE_PAST = "date_past"
    TOO_SOON = "too_soon"
    EVIDENCE = "evidence"
    NUMBER = "number"
    NAME = "name"
    CONTACT = "contact"


class Finding(NamedTuple):
    """One thing to put right. `key` says where: a creditor's number, or the key of a line's question; `minor` how much."""

    point: Point
    key: str = ""
    minor: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checklist looks at. `offered` and `fair` are amounts a month by creditor, without priority debts; `begins` are
    first days by creditor. `largest_minor` is the most that survives hard months (None: nothing does).
    """

    today: date
    reply_by: date
    cause: str | None
    unexplained: Sequence[str] = ()
    missing_lines: Sequence[str] = ()
    left_out: Sequence[str] = ()
    unworkable: Sequence[str] = ()
    begins: Mapping[str, date] = field(default_factory=dict)
    offered: Mapping[str, int] = field(default_factory=dict)
    fair: Mapping[str, int] = field(default_factory=dict)
    total_minor: int = 0
    largest_minor: int | None = None
    evidence: int = 0
    without_number: Sequence[str] = ()
    has_name: bool = True
    has_contact: bool = True


def check(facts: Facts) -> tuple[Finding, ...]:
    """Everything there is to put right; empty when nothing is."""
    found = [] if facts.cause else [Finding(Point.CAUSE)]
    for point, keys in (
        (Point.UNEXPLAINED, facts.unexplained), (Point.MISSING_LINE, facts.missing_lines), (Point.LEFT_OUT, facts.left_out),
        (Point.UNWORKABLE, facts.unworkable),
    ):  # fmt: skip
        found += [Finding(point, key) for key in keys]
    most = facts.largest_minor or 0
    if facts.total_minor > most:
        found.append(Finding(Point.ABOVE, minor=most))
    found += [Finding(Point.UNEQUAL, key, facts.fair[key]) for key in unequal(facts.offered, facts.fair)]
    found += [Finding(Point.DATE_PAST, key) for key, on in facts.begins.items() if on < facts.today]
    found += [Finding(Point.TOO_SOON, key) for key, on in facts.begins.items() if facts.today <= on < facts.reply_by]
    if facts.cause in NEEDS_EVIDENCE and not facts.evidence:
        found.append(Finding(Point.EVIDENCE))
    found += [Finding(Point.NUMBER, key) for key in facts.without_number]
    if not facts.has_name:
        found.append(Finding(Point.NAME))
    if not facts.has_contact:
        found.append(Finding(Point.CONTACT))
    return tuple(found)


def unequal(offered: Mapping[str, int], fair: Mapping[str, int]) -> list[str]:
    """The creditors whose offer lies more than a twentieth below what the same total would give everybody fairly."""
    return [key for key, amount in offered.items() if (fair[key] - amount) * _UNEQUAL_PART > fair[key]]
