"""What is charged besides principal and interest."""

from __future__ import annotations

from collections.abc import Sequence

from .money import RoundingMode, round_ratio
from .parts import Fee, FeeBase


def row_fee(fees: Sequence[Fee], n: int, principal: int, interest: int, digits: int) -> int:
    """The fees of row `n`, each rounded half even to 0.01 (to the unit where that is larger); never part of the balance."""
    cent = 10 ** max(digits - 2, 0)
    bases = {FeeBase.PAYMENT: principal + interest, FeeBase.PRINCIPAL: principal, FeeBase.INTEREST: interest}
    total = 0
    for fee in fees:
        if fee.upfront or fee.n not in (None, n):
            continue
        total += fee.amount_minor
        if fee.rate is not None:
            top, bottom = fee.rate.as_integer_ratio()
            total += round_ratio(bases[fee.of] * top, bottom * cent, RoundingMode.HALF_EVEN) * cent
    return total


def upfront_fees(fees: Sequence[Fee], principal: int, digits: int) -> int:
    """What is kept back on the day the money is paid out; a percentage is one of the principal."""
    kept = [Fee(fee.amount_minor, rate=fee.rate, of=FeeBase.PRINCIPAL) for fee in fees if fee.upfront]
    return row_fee(kept, 0, principal, 0, digits)
