"""Where a sum of flows is zero. All in floats: a result is good to about 1e-14, relative.

With one change of sign in time the flows have exactly one rate above -100 % (Descartes). With more there may be none or several;
then Norstrom's rule (one change of sign in the running sum: one positive rate) or a scan of the whole range decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from .errors import NoRate, SeveralRates

Function = Callable[[float], float]
_SCAN_STEPS = 600
_WIDEST = 60  # doublings of the bracket before there is no rate in reach


def sign_changes(values: Sequence[float]) -> int:
    """How often the sign changes along a row of numbers, zeros left out."""
    signs = [value > 0 for value in values if value]
    return sum(a != b for a, b in pairwise(signs))


def root_of_flows(value: Function, amounts: Sequence[float], span: float) -> float:
    """The root of the value of flows (amounts in time order) as a function of the force of interest d = ln(1 + rate).

    `span` is the longest time, which sets the scale. Raises NoRate, SeveralRates.
    """
    changes = sign_changes(amounts)
    if changes == 0:
        raise NoRate("the flows are all of one sign")
    scale = 1 / max(span, 1e-9)
    if changes == 1:
        return _refine(value, *_widened(value, 0.1 * scale))
    running = list(accumulate(amounts))
    if sign_changes(running) == 1 and running[-1]:
        low, high = 0.0, 0.1 * scale
        start = value(low)
        while (value(high) > 0) == (start > 0):
            low, high = high, _doubled(high)
        return _refine(value, low, high)
    return _only_root(value, scale)


def _widened(value: Function, width: float) -> tuple[float, float]:
    """A bracket around zero, doubled until the signs at its ends differ."""
    for _attempt in range(_WIDEST):
        if (value(-width) > 0) != (value(width) > 0):
            return -width, width
        width = _doubled(width)
    raise NoRate("no rate in reach balances the flows")


def _doubled(width: float) -> float:
    if width > 1e15:
        raise NoRate("no rate in reach balances the flows")
    return 2 * width


def _only_root(value: Function, scale: float) -> float:
    """The one root in a scan over forces from -50 to 50 over the span, dense near zero."""
    grid = [50 * scale * (i / _SCAN_STEPS) ** 3 for i in range(-_SCAN_STEPS, _SCAN_STEPS + 1)]
    signs = [value(point) > 0 for point in grid]
    found = [i for i, (a, b) in enumerate(pairwise(signs)) if a != b]
    if not found:
        raise NoRate("no rate balances the flows")
    if len(found) > 1:
        raise SeveralRates("the flows balance at more than one rate")
    return _refine(value, grid[found[0]], grid[found[0] + 1])


def _refine(value: Function, low: float, high: float) -> float:
    """A bracketed root: false position with the Illinois rule, and every third step a bisection, so that it always ends."""
    at_low, at_high, side = value(low), value(high), 0
    for step in range(400):
        middle = (low + high) / 2
        if at_high != at_low and step % 3:
            middle = min(max(high - at_high * (high - low) / (at_high - at_low), low), high)
        at_middle = value(middle)
        if at_middle == 0:
            return middle
        if (at_middle > 0) == (at_low > 0):
            low, at_low, at_high, side = middle, at_middle, at_high / (2 if side < 0 else 1), -1
        else:
            high, at_high, at_low, side = middle, at_middle, at_low / (2 if side > 0 else 1), 1
        if high - low <= 2e-16 * max(abs(low), abs(high)):
            break
    return (low + high) / 2


def polynomial_root(flows: Sequence[float]) -> float:
    """The rate at which equally spaced flows with one change of sign balance: Newton on Horner's scheme in v = 1 / (1 + rate).

    Falls back on the bracketed search where Newton leaves v > 0 or does not settle.
    """
    backwards = flows[::-1]
    factor = 1 / (1 + _guess(flows))
    for _step in range(25):
        slope = total = 0.0
        for flow in backwards:
            slope = slope * factor + total
            total = total * factor + flow
        if not slope:
            break
        change = total / slope
        factor -= change
        if not 0 < factor < 1e9:
            break
        if abs(change) <= 4e-16 * factor or (abs(change) < 1e-12 * factor and _step > 8):
            return 1 / factor - 1
    return math.expm1(root_of_flows(spaced_value(flows), flows, len(flows) - 1))


def spaced_value(flows: Sequence[float]) -> Function:
    """The value of equally spaced flows as a function of the force of interest; for negative forces at the last flow."""
    backwards = flows[::-1]

    def value(force: float) -> float:
        factor, total = math.exp(-abs(force)), 0.0
        for flow in backwards if force >= 0 else flows:
            total = total * factor + flow
        return total

    return value


def _guess(flows: Sequence[float]) -> float:
    """A first rate: what was gained over what was out, per mean time it was out (both sides at their centres)."""
    out = back = out_time = back_time = 0.0
    for time, flow in enumerate(flows):
        if flow > 0:
            out, out_time = out + flow, out_time + flow * time
        else:
            back, back_time = back - flow, back_time - flow * time
    apart = back_time / back - out_time / out
    return math.expm1(min(max(math.log(back / out) / apart, -2.0), 5.0)) if apart else 0.01
