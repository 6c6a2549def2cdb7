"""Charts as inline SVG, drawn on the server; styled by `.chart` in static/css/components.css.

The outer svg has no viewBox: x is in per cent and y in px, so lines stretch with the card and text stays 12 px at any
width.  Curves sit in an inner stretched svg.  There is no inline style and no script, so a strict content policy holds.

Every function is pure: amounts are minor units (int), every text is an argument and already translated, and `key` makes
the ids: pass a different one for each chart of a page.  Texts are escaped.  A chart carries a title and a description;
the page adds the same figures as a table.
"""

from collections.abc import Iterable, Sequence
from math import ceil, copysign, sqrt
from typing import Final, Literal, NamedTuple

from markupsafe import Markup, escape

Mark = Literal["in", "out", "short"]
Fill = Literal["f1", "f2", "f3", "f4", "todo"]

TICK_BARS: Final = 24  # up to so many bars each paid one carries its tick
DENSE_BARS: Final = 60  # beyond this a bar is thinner than its gap: draw one stepped area instead
CURVE_POINTS: Final = 120  # a phone shows no more; longer curves are thinned

KEYS: Final = {
    "rect": Markup('<rect class="{}" width="12" height="12" rx="2"/>'),
    "line": Markup('<path class="{}" d="M0 6h16"/>'),
    "in": Markup('<path class="f3" d="M1 11h10L6 2z"/>'),
    "out": Markup('<path class="f4" d="M2 2h9v9H2z"/>'),
    "short": Markup('<path class="f2" d="M6 1 12 11H0z"/>'),
    "dot": Markup('<circle class="dot" cx="6" cy="6" r="4.5"/>'),
}
MARKS: Final[dict[Mark, str]] = {
    "in": '<path class="f3" d="M-5-2h10l-5-8z"/>',
    "out": '<path class="f4" d="M-4-10h8v8h-8z"/>',
    "short": '<path class="f2" d="M0-14 6-3H-6z"/>',
}


class At(NamedTuple):
    """A text at a place: an index along x (day, instalment, month), or an amount on the y axis."""

    value: int
    text: str


class Due(NamedTuple):
    """One instalment of a schedule, in minor units: what reduces the debt, and what it costs."""

    principal: int
    cost: int


class Span(NamedTuple):
    """One loan on the debt-free timeline: months from now until it is paid, and that month in words."""

    name: str
    months: int
    end: str


def _svg(key: str, height: int, title: str, desc: str, body: str) -> Markup:
    return Markup(
        '<svg class="chart" height="{1}" role="img" aria-labelledby="{0}-t {0}-d">'
        '<title id="{0}-t">{2}</title><desc id="{0}-d">{3}</desc>{4}</svg>'
        # The body is built by this module only; every text in it went through escape().
    ).format(key, height, title, desc, Markup(body))  # noqa: S704


def _text(x: float, y: float, text: str, classes: str = "", anchor: str = "") -> str:
    """Return a label at x per cent; near an edge it is anchored to that edge so that it stays inside."""
    anchor = anchor or ("start" if x < 18 else "end" if x > 82 else "middle")
    attributes = (f' class="{classes}"' if classes else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{x:.2f}%" y="{y:.0f}"{attributes}>{escape(text)}</text>'


def _line(y: float, classes: str) -> str:
    return f'<line class="{classes}" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'


def _dot(x: float, y: float) -> str:
    return f'<circle class="dot" cx="{x:.2f}%" cy="{y:.1f}" r="4.5"/>'


def _rect(x: float, y: float, width: float, height: float, classes: str) -> str:
    return f'<rect x="{x:.2f}%" y="{y:.1f}" width="{width:.2f}%" height="{height:.1f}" class="{classes}"/>'


def _plot(y: float, height: float, body: str) -> str:
    """Return the stretched inner svg, whose own coordinates run from 0 to 100 both ways."""
    box = 'viewBox="0 0 100 100" preserveAspectRatio="none" overflow="visible"'
    return f'<svg y="{y:.0f}" width="100%" height="{height:.0f}" {box}>{body}</svg>'


def _signed_root(amount: int) -> float:
    """Compress heights so that a gap of 312 stays visible beside a balance of 7,900; the page says so."""
    return copysign(sqrt(abs(amount)), amount)


def _percent(part: float, whole: float) -> float:
    return part / whole * 100 if whole else 0.0


def cashflow(
    balances: Sequence[int],
    *,
    key: str,
    title: str,
    desc: str,
    low_label: str,
    ticks: Iterable[At] = (),
    marks: Iterable[tuple[int, Mark]] = (),
    grid: Iterable[At] = (),
    other: Sequence[int] = (),
    height: int = 150,
) -> Markup:
    """Draw one balance a day as a stepped line, what lies below zero filled, the lowest day labelled.

    `other` is a second line of balances, dashed, over the same days.

    `ticks` are texts under a day's index, `marks` small signs on the zero line at a day's index, `grid` horizontal
    lines at an amount.  Heights are signed square roots.  Raises ValueError without a balance.
    """
    if not balances:
        raise ValueError("a cash flow needs at least one day")
    top, plot = 22, height - 62
    values = [_signed_root(balance) for balance in balances]
    second = [_signed_root(balance) for balance in other]
    days, low = len(values), min(0.0, *values, *second)
    high = max(0.0, *values, *second) or (0.0 if low else 1.0)  # nothing at all: a line along the bottom

    def level(value: float) -> float:
        return (high - value) / (high - low) * 100

    def y(value: float) -> float:
        return top + level(value) / 100 * plot

    def x(day: int) -> float:
        return (day + 0.5) / days * 100

    zero = y(0)
    body = "".join(
        _line(y(_signed_root(amount)), "grid") + _text(100, y(_signed_root(amount)) - 4, text, "halo", "end")
        for amount, text in grid
    )
    dashed = f'<path class="l2" d="{_steps([level(value) for value in second])}"/>' if second else ""
    body += _plot(top, plot, _balance_paths([level(value) for value in values], level(0), key) + dashed)
    body += _line(zero, "zero")
    worst = min(range(days), key=values.__getitem__)
    below = values[worst] < 0
    body += _dot(x(worst), y(values[worst]))
    body += _text(x(worst), y(values[worst]) + 19 if below else zero + 17, low_label, "b w" if below else "b")
    for day, kind in marks:
        body += f'<svg x="{x(day):.2f}%" y="{zero - 6:.1f}" overflow="visible">{MARKS[kind]}</svg>'
    body += "".join(_text(x(day), height - 4, text) for day, text in ticks)
    return _svg(key, height, title, desc, body)


def _balance_paths(levels: Sequence[float], zero: float, key: str) -> str:
    """Return the area above zero (soft), the area below zero (solid) and the stepped line over both."""
    key = str(escape(key))
    line = _steps(levels)
    area = f"{line}V{zero:.1f}H0z"
    clips = f'<clipPath id="{key}-a"><rect width="100" height="{zero:.1f}"/></clipPath>'
    paths = f'<path class="f1 soft" clip-path="url(#{key}-a)" d="{area}"/>'
    if max(levels) > zero:
        clips += f'<clipPath id="{key}-b"><rect y="{zero:.1f}" width="100" height="{100 - zero:.1f}"/></clipPath>'
        paths += f'<path class="f2" clip-path="url(#{key}-b)" d="{area}"/>'
    return f'{clips}{paths}<path class="l1" d="{line}"/>'


def _steps(levels: Sequence[float]) -> str:
    """Return the path of a stepped line, one level a day."""
    steps = "".join(f"V{level:.1f}H{(day + 1) / len(levels) * 100:.2f}" for day, level in enumerate(levels))
    return f"M0 {levels[0]:.1f}{steps}"


def schedule_bars(
    rows: Sequence[Due],
    paid: int,
    *,
    key: str,
    title: str,
    desc: str,
    labels: Iterable[At] = (),
    here: At | None = None,
    height: int = 150,
) -> Markup:
    """Draw one bar an instalment: principal below, cost above.  The first `paid` are solid with a tick, the rest outlined.

    `labels` are texts under an instalment's index, `here` one above it (the next one due).  Above 60 instalments the
    bars merge into stepped areas.  Raises ValueError without rows.
    """
    if not rows:
        raise ValueError("a schedule needs at least one instalment")
    count, top, plot = len(rows), 20, height - 40
    scale = plot / (max(row.principal + row.cost for row in rows) or 1)
    if count > DENSE_BARS:
        body = _plot(top, plot, _dense_bars(rows, paid, 100 / plot * scale))
    else:
        body = "".join(_bar(index, row, count, scale, top + plot, index < paid) for index, row in enumerate(rows))
    body += _line(top + plot, "zero")
    if here is not None:
        body += _text((here.value + 0.5) / count * 100, 12, here.text, "b")
    for index, text in labels:
        anchor = "start" if index == 0 else "end" if index == count - 1 else "middle"
        body += _text((index + 0.5) / count * 100, height - 4, text, "", anchor)
    return _svg(key, height, title, desc, body)


def _bar(index: int, row: Due, count: int, scale: float, base: float, paid: bool) -> str:
    slot = 100 / count
    x, width = index * slot + slot * 0.14, slot * 0.72
    principal, cost = row.principal * scale, row.cost * scale
    bar = _rect(x, base - principal, width, principal, "f1" if paid else "todo")
    if cost:
        bar += _rect(x, base - principal - cost - 1.5, width, cost, "f2")
    if paid and count <= TICK_BARS:
        middle = index * slot + slot / 2
        tick = '<path class="tick" d="m-4 0 3 3 5-6"/>'
        bar += f'<svg x="{middle:.2f}%" y="{base - 12:.0f}" overflow="visible">{tick}</svg>'
    return bar


def _dense_bars(rows: Sequence[Due], paid: int, scale: float) -> str:
    """Return the areas of a long schedule: cost behind, principal in front, the unpaid part soft over the card."""

    def area(first: int, last: int, heights: Sequence[int], classes: str) -> str:
        if first >= last:
            return ""
        slot = 100 / len(rows)
        steps = "".join(f"V{100 - heights[i] * scale:.1f}H{(i + 1) * slot:.2f}" for i in range(first, last))
        return f'<path class="{classes}" d="M{first * slot:.2f} 100{steps}V100z"/>'

    whole, principal = [row.principal + row.cost for row in rows], [row.principal for row in rows]
    front = area(0, paid, principal, "f1") + area(paid, len(rows), principal, "todo thin")
    return area(0, len(rows), whole, "f2") + front


def payoff(
    base: Sequence[int],
    other: Sequence[int],
    *,
    key: str,
    title: str,
    desc: str,
    base_label: str,
    other_label: str,
    ticks: Iterable[At] = (),
    grid: Iterable[At] = (),
    height: int = 180,
) -> Markup:
    """Draw two balances by month: dashed as things are, solid for the alternative; ValueError if one is empty."""
    if not base or not other:
        raise ValueError("both balances need at least one month")
    months, most = max(len(base), len(other)) - 1 or 1, max(*base, *other, 1)
    top, plot = 24, height - 48

    def y(amount: float) -> float:
        return top + plot * (1 - amount / most)

    one, two = _curve(base, months, most), _curve(other, months, most)
    paths = f'<path class="f3 soft" d="M{"L".join(one + two[::-1])}z"/><path class="l2" d="M{"L".join(one)}"/>'
    body = "".join(_line(y(amount), "grid") + _text(100, y(amount) - 4, text, "", "end") for amount, text in grid)
    body += _plot(top, plot, f'{paths}<path class="l3" d="M{"L".join(two)}"/>') + _line(top + plot, "zero")
    for series in (other, base):
        body += _dot(_percent(len(series) - 1, months), y(series[-1]))
    curves = ((base, base_label, ""), (other, other_label, "b"))
    above, below = sorted(curves, key=lambda curve: -len(curve[0]))  # the longer one lies above
    late, half = int((len(above[0]) - 1) * 0.6), len(below[0]) // 2
    body += _text(late / months * 100 + 2, y(above[0][late]) - 10, above[1], above[2], "start")
    body += _text(
        max(half / months * 100 - 3, 18), y(below[0][min(half, len(below[0]) - 1)]) + 8, below[1], below[2], "end"
    )
    body += "".join(_text(month / months * 100, height - 4, text) for month, text in ticks)
    return _svg(key, height, title, desc, body)


def _curve(amounts: Sequence[int], months: int, most: int) -> list[str]:
    """Return the points of a curve; a long one is thinned, its last month always kept."""
    step = ceil(len(amounts) / CURVE_POINTS)
    kept = sorted({*range(0, len(amounts), step), len(amounts) - 1})
    return [f"{month / months * 100:.2f} {100 - amounts[month] / most * 100:.1f}" for month in kept]


def timeline(spans: Sequence[Span], total: int, *, key: str, title: str, desc: str, ticks: Iterable[At] = ()) -> Markup:
    """Draw one bar a loan, from now until it is paid; `total` is the months the axis spans, `ticks` its texts."""
    body = ""
    for index, span in enumerate(spans):
        y, end = index * 48, min(_percent(span.months, total), 100.0)
        body += _text(0, y + 14, span.name, "b", "start") + _text(100, y + 14, span.end, "", "end")
        body += _line(y + 27, "grid")
        body += f'<rect y="{y + 22}" width="{end:.2f}%" height="10" rx="5" class="f1"/>'
        body += _dot(max(end - 1.5, 1.5), y + 27)
    foot = len(spans) * 48
    body += "".join(_text(_percent(month, total), foot + 10, text) for month, text in ticks)
    return _svg(key, foot + 14, title, desc, body)


def split_bar(
    parts: Iterable[tuple[int, Fill]], total: int, *, key: str, title: str, desc: str, height: int = 28
) -> Markup:
    """Draw where a total goes: one line, its parts in order with a gap.  Parts of nothing are left out."""
    body, x = "", 0.0
    for amount, fill in parts:
        width = _percent(amount, total)
        if width > 0:
            body += f'<rect x="{x:.2f}%" width="{max(width - 0.6, 0.4):.2f}%" height="{height}" rx="4" class="{fill}"/>'
        x += max(width, 0.0)
    return _svg(key, height, title, desc, body)


def legend_key(shape: Literal["rect", "line", "dot"] | Mark, classes: str = "f1") -> Markup:
    """Return the small sign that stands before a text in a `.legend`; `classes` colours a rect or a line."""
    return Markup('<svg class="chart" aria-hidden="true">{}</svg>').format(KEYS[shape].format(classes))
