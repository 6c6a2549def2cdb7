"""What can be tried on a loan: each kind of change with its words, its fields, where they start, and the event they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..engine.dates import add_months
from ..engine.events import (
    ChangeTerm,
    Deferral,
    DeferredInterest,
    Event,
    ExtraPayment,
    Holiday,
    LowerInstalment,
    MoveDueDay,
    NewRate,
    Settle,
    SpreadArrears,
    Then,
)
from ..engine.loan import MAX_INSTALMENTS
from ..formatting import day, money, percent
from .services import LoanPosition

LONGEST = 60
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change. `starts` names its fields with what the page tries before anything is typed, `choices` the others.

    `event` makes it of the form's values, `words` say it in a few; `asks`: the lender has to agree to it.
    """

    label: Any
    starts: Mapping[str, Callable[[LoanPosition], Any]]
    choices: tuple[str, ...]
    event: Callable[[Values], Event]
    words: Callable[[Values, str], str]
    asks: bool = True

    @property
    def fields(self) -> tuple[str, ...]:
        """All its fields, in the order in which they stand in an address."""
        return (*self.starts, *self.choices)


KINDS: Mapping[str, Kind] = {
    "extra": Kind(
        _l("Pay more"), {"extra": lambda p: _about(p, 4)}, ("extra_then",),
        lambda v: ExtraPayment(v["extra"], then=Then(v["extra_then"])),
        lambda v, cur: _("%(amount)s more", amount=money(v["extra"], cur)), asks=False,
    ),
    "once": Kind(
        _l("A sum once"), {"once": lambda p: _about(p, 1)}, ("once_then",),
        lambda v: ExtraPayment(v["once"], monthly=False, then=Then(v["once_then"])),
        lambda v, cur: _("%(amount)s once", amount=money(v["once"], cur)), asks=False,
    ),
    "less": Kind(
        _l("Less for a while"),
        {"less": lambda p: _about(p, 2), "until": lambda p: add_months(_next_due(p), 5)}, ("less_then",),
        lambda v: LowerInstalment(v["less"], v["until"], Then(v["less_then"])),
        lambda v, cur: _("%(amount)s until %(day)s", amount=money(v["less"], cur), day=day(v["until"], "month")),
    ),
    "defer": Kind(
        _l("Postpone"), {"defer": lambda p: 2}, ("interest",),
        lambda v: Deferral(v["defer"], DeferredInterest(v["interest"])),
        lambda v, cur: _("postpone %(n)d", n=v["defer"]),
    ),
    "pause": Kind(
        _l("Pause"), {"pause": lambda p: min(2, max(ahead(p) - 1, 1))}, ("pays",),
        lambda v: Holiday(v["pause"], pays_interest=v["pays"] == "interest"),
        lambda v, cur: _("leave out %(n)d", n=v["pause"]),
    ),
    "longer": Kind(
        _l("Other term"), {"longer": lambda p: 3}, ("way",),
        lambda v: ChangeTerm(v["longer"] if v["way"] == "longer" else -v["longer"]),
        lambda v, cur: ngettext("%(num)d instalment more", "%(num)d instalments more", v["longer"]) if v["way"] == "longer"
        else ngettext("%(num)d instalment fewer", "%(num)d instalments fewer", v["longer"]),
    ),
    "rate": Kind(
        _l("Other rate"), {"rate": lambda p: (_rate(p) * 3 / 4).quantize(Decimal("0.001"))}, ("rate_then",),
        lambda v: NewRate(v["rate"], Then(v["rate_then"])),
        lambda v, cur: _("%(rate)s a year", rate=percent(v["rate"], 2)),
    ),
    "day": Kind(
        _l("Other due day"), {"day": lambda p: _next_due(p).day % 28 + 1}, (),
        lambda v: MoveDueDay(v["day"]),
        lambda v, cur: _("due on day %(day)d", day=v["day"]),
    ),
    "settle": Kind(
        _l("Settle"), {"settle": lambda p: _settlement(p), "settle_on": lambda p: p.ledger.as_of}, (),
        lambda v: Settle(v["settle"], v["settle_on"]),
        lambda v, cur: _("%(amount)s ends it", amount=money(v["settle"], cur)),
    ),
    "arrears": Kind(
        _l("Spread arrears"), {"spread": lambda p: min(6, max(ahead(p), 1))}, (),
        lambda v: SpreadArrears(v["spread"]),
        lambda v, cur: ngettext("arrears in %(num)d part", "arrears in %(num)d parts", v["spread"]),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stepper:
    """The bounds of a slider, as plain numbers in the unit of its field (major units for money)."""

    step: float
    most: float


def stepper(position: LoanPosition, name: str) -> Stepper:
    """The slider of a field: steps people would take, up to what still makes sense for this loan."""
    if name in ("defer", "pause", "longer", "spread"):
        most = {"longer": LONGEST, "defer": 24}.get(name, max(ahead(position) - (name == "pause"), 1))
        return Stepper(1, min(most, MAX_INSTALMENTS - 1))
    digits = position.schedule.digits
    step = _nice(_next_minor(position)) / 10**digits
    most_minor = _next_minor(position) if name in ("extra", "less") else position.left_minor
    return Stepper(int(step) or step, -(-most_minor // _nice(_next_minor(position))) * (int(step) or step))


def steppers(position: LoanPosition) -> dict[str, Stepper]:
    """The sliders of the page by field."""
    return {
        name: stepper(position, name)
        for name in ("extra", "once", "less", "defer", "pause", "longer", "settle", "spread")
    }


def ahead(position: LoanPosition) -> int:
    """How many instalments are neither paid nor overdue."""
    return sum(not row.is_paid and row.instalment.due_date >= position.ledger.as_of for row in position.ledger.rows)


def _next_due(position: LoanPosition) -> date:
    rows = position.ledger.rows
    ahead = (
        row.instalment.due_date for row in rows if not row.is_paid and row.instalment.due_date >= position.ledger.as_of
    )
    return next(ahead, position.ledger.as_of)


def _next_minor(position: LoanPosition) -> int:
    return position.next.instalment.payment_minor if position.next else 1


def _rate(position: LoanPosition) -> Decimal:
    return position.cost.nominal if position.cost else position.terms.annual_rate


def _settlement(position: LoanPosition) -> int:
    """Four fifths of what is owed, in whole steps: something to begin talking about."""
    step = _nice(_next_minor(position))
    return max(position.ledger.principal_left_minor * 4 // 5 // step, 1) * step


def _nice(instalment_minor: int) -> int:
    """About a twentieth of an instalment, as a 1, 2 or 5 with zeros."""
    target, power = max(instalment_minor // 20, 1), 1
    while power * 10 <= target:
        power *= 10
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= target)


def _about(position: LoanPosition, share: int) -> int:
    """About one `share`-th of an instalment, in whole steps."""
    step = _nice(_next_minor(position))
    return max(_next_minor(position) // share // step, 1) * step
