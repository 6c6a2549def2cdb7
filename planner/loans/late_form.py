"""What the contract says about paying late, as a form: between the words of a contract and engine/late.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from ..engine.late import MOST_GRACE, MOST_UPLIFT, Compounding, LateRules, Part, PenaltyBase
from ..engine.parts import Span
from ..forms import Choice, DayField, Form, MoneyField, PercentField, RadioChoice, WholeNumberField, optional

HOW = {
    "uplift": _l("Contract rate plus a share of it"),
    "rate": _l("A rate of its own"),
    "none": _l("No penalty interest"),
}
PER = {"year": _l("a year"), "day": _l("a day")}
BASES = {
    PenaltyBase.PRINCIPAL: _l("The overdue principal"),
    PenaltyBase.AMOUNT: _l("All of the overdue instalment"),
    PenaltyBase.BALANCE: _l("The whole debt"),
}
COMPOUNDINGS = {
    Compounding.NONE: _l("No"),
    Compounding.MONTHLY: _l("Yes, from month to month"),
    Compounding.DAILY: _l("Yes, every day"),
}
YEARS = {"360": _l("360 days"), "365": _l("365 days")}
ORDERS = {
    "penalty_first": _l("Oldest instalment first: penalty, fees, interest, then principal"),
    "principal_first": _l("Oldest instalment first: principal, interest, fees, then penalty"),
    "by_part": _l("All penalties first, then all fees, all interest, all principal"),
}
_PENALTY_FIRST = tuple(Part)
_ORDERS: Mapping[str, tuple[tuple[Part, ...], bool]] = {
    "penalty_first": (_PENALTY_FIRST, True),
    "principal_first": ((Part.PRINCIPAL, Part.INTEREST, Part.FEE, Part.PENALTY), True),
    "by_part": (_PENALTY_FIRST, False),
}


class LateForm(Form):
    """Penalty, fee, order, and a pause the lender agreed to."""

    how = RadioChoice(_l("Penalty interest"), choices=HOW.items(), default="uplift")
    uplift = PercentField(
        _l("How much is added, in per cent of the contract's rate"), optional(), most=int(MOST_UPLIFT * 100)
    )
    rate = PercentField(_l("Penalty rate"), optional())
    per = Choice(_l("This rate is"), choices=PER.items(), default="year")
    base = Choice(_l("Charged on"), choices=BASES.items(), default=PenaltyBase.PRINCIPAL)
    compounding = Choice(
        _l("Does unpaid penalty bear penalty itself?"), choices=COMPOUNDINGS.items(), default=Compounding.NONE
    )
    days_in_year = Choice(_l("Days of a year in the contract"), choices=YEARS.items(), default="360")
    grace_days = WholeNumberField(_l("Days of grace"), optional(), most=MOST_GRACE)
    late_fee = MoneyField(_l("Fee for each late instalment"), optional(), zero=True)
    order = RadioChoice(_l("How money is counted"), choices=ORDERS.items(), default="penalty_first")
    pause_first = DayField(_l("Paused from"), optional())
    pause_last = DayField(_l("Until"), optional())

    def prepare(self, currency: str, has_rate: bool) -> LateForm:
        """Fit the form to the loan; a contract without a rate has nothing to add to."""
        self.late_fee.currency, self.has_rate = currency, has_rate
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: what the chosen way needs, and both ends of a pause."""
        sound: bool = super().validate(extra_validators)
        wanted = {"uplift": _l("Enter how much is added, such as 50"), "rate": _l("Enter the rate, such as 18")}
        for name, message in wanted.items():
            if self.how.data == name and self[name].data is None and not self[name].errors:
                self.refuse(name, message)
                sound = False
            elif self.how.data != name:
                self[name].errors = []  # not held against anyone who chose another way
        if self.how.data == "uplift" and not self.has_rate:
            self.refuse("how", _l("This contract names no rate to add to; choose a rate of its own"))
        if self.how.data == "rate" and self.rate.data is not None and self._yearly() > 10:
            self.refuse("rate", _l("That is more than 1,000 per cent a year; check the rate and what it is for"))
        first, last = self.pause_first.data, self.pause_last.data
        if (first is None) != (last is None) and not (self.pause_first.errors or self.pause_last.errors):
            missing = "pause_last" if last is None else "pause_first"
            self.refuse(missing, _l("Enter both days of the pause, or none"))
        elif first is not None and last is not None and last <= first:
            self.refuse("pause_last", _l("The pause ends before it begins; enter a later day"))
        return sound and not self.errors

    def rules(self) -> LateRules:
        """The rules of a valid form."""
        order, by_instalment = _ORDERS[self.order.data]
        first, last = self.pause_first.data, self.pause_last.data
        pauses = (Span(first, last),) if first and last else ()
        return LateRules(
            self._yearly() if self.how.data == "rate" else None,
            self.uplift.data if self.how.data == "uplift" else None,
            PenaltyBase(self.base.data), Compounding(self.compounding.data), self.grace_days.data or 0,
            int(self.days_in_year.data), self.late_fee.data or 0, order, by_instalment, pauses,
        )  # fmt: skip

    def _yearly(self) -> Any:
        rate: Any = self.rate.data
        return rate * (int(self.days_in_year.data) if self.per.data == "day" else 1)


def form_values(rules: LateRules) -> dict[str, Any]:
    """The rules as the form shows them."""
    order = next(name for name, meant in _ORDERS.items() if meant == (rules.order, rules.by_instalment))
    pause = rules.pauses[0] if rules.pauses else None
    return {
        "how": "rate" if rules.annual_rate is not None else "uplift" if rules.uplift is not None else "none",
        "uplift": rules.uplift, "rate": rules.annual_rate, "base": rules.base, "compounding": rules.compounding,
        "days_in_year": str(rules.days_in_year), "grace_days": rules.grace_days or None,
        "late_fee": rules.late_fee_minor or None, "order": order,
        "pause_first": pause.first if pause else None, "pause_last": pause.last if pause else None,
    }  # fmt: skip
