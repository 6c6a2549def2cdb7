"""Trying things out on a loan. Each kind of change is one entry of KINDS: its words, its field, and the event it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from ..engine.errors import EngineError, NeverPaysOff, TermsError
from ..engine.events import ChangeTerm, Event, ExtraPayment, WhatIf, what_if
from ..engine.loan import MAX_INSTALMENTS
from ..forms import Form, MoneyField, RadioChoice, WholeNumberField, optional
from .services import LoanPosition

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Stepper:
    """The bounds of a slider, as plain numbers in the unit of its field (major units for money)."""

    step: float
    most: float


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change. `field` holds its one number; `start` is what the page tries before anything is typed."""

    label: Any
    field: str
    event: Callable[[int], Event]
    start: Callable[[LoanPosition], int]


KINDS: Mapping[str, Kind] = {
    "extra": Kind(_l("Pay more each time"), "extra", ExtraPayment, lambda p: _about(p, 4)),
    "once": Kind(_l("Pay a sum once"), "once", lambda sum_: ExtraPayment(sum_, monthly=False), lambda p: _about(p, 1)),
    "longer": Kind(_l("Longer term"), "longer", ChangeTerm, lambda p: 3),
}


class WhatIfForm(Form):
    """What is to be tried. Sent by GET: it changes nothing."""

    class Meta:
        """A form that changes nothing needs no token."""

        csrf = False

    kind = RadioChoice(_l("What to try"), choices=[(key, kind.label) for key, kind in KINDS.items()], default="extra")
    extra = MoneyField(_l("More each time"), optional())
    once = MoneyField(_l("Once, with the next instalment"), optional())
    longer = WholeNumberField(_l("How many instalments more"), optional(), least=1, most=MAX_INSTALMENTS - 1)

    def prepare(self, position: LoanPosition, given: Mapping[str, str]) -> WhatIfForm:
        """Fit the form to the loan, and start what was not asked for with a sensible number."""
        self.extra.currency = self.once.currency = position.loan.currency
        if "kind" not in given:
            self.kind.data = "extra" if position.paid_in_order + 1 < len(position.schedule.rows) else "longer"
        for kind in KINDS.values():
            if not given.get(kind.field):
                self[kind.field].data = kind.start(position)
                self[kind.field].raw_data = None
        return self


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change does: the engine's answer, and the kind that was tried."""

    kind: str
    value: int
    what: WhatIf

    @property
    def saved_minor(self) -> int:
        """How much less is paid in all; negative when it is more."""
        return -self.what.total_change_minor

    @property
    def is_better(self) -> bool:
        """Whether the change costs nothing more."""
        return self.saved_minor >= 0


def find_outcome(position: LoanPosition, form: WhatIfForm) -> Outcome | None:
    """The outcome of what the form asks for; None, with the reason beside the field, when it cannot be done."""
    if not form.validate() or position.next is None:
        return None
    kind = KINDS[form.kind.data]
    value = form[kind.field].data
    try:
        what = what_if(position.terms, kind.event(value), paid=position.paid_in_order)
    except EngineError as error:
        form.refuse(kind.field, _reason(error, position))
        return None
    return Outcome(form.kind.data, value, what)


def stepper(position: LoanPosition, name: str) -> Stepper:
    """The slider of a field: steps people would take, up to what still makes sense for this loan."""
    if name == "longer":
        return Stepper(1, min(LONGEST, MAX_INSTALMENTS - len(position.schedule.rows)))
    digits = position.schedule.digits
    step = _nice(_next_minor(position)) / 10**digits
    most = _next_minor(position) if name == "extra" else position.left_minor
    return Stepper(int(step) or step, -(-most // _nice(_next_minor(position))) * (int(step) or step))


def _reason(error: EngineError, position: LoanPosition) -> Any:
    if isinstance(error, NeverPaysOff):
        return _l("At this pace the debt never ends; try a larger payment")
    if isinstance(error, TermsError) and error.field == "instalments":
        return _l("Enter from 1 to %(most)d instalments", most=error.params.get("most", LONGEST))
    return _l("This cannot be worked out for this loan; try another number")


def _next_minor(position: LoanPosition) -> int:
    return position.next.instalment.payment_minor if position.next else 1


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
