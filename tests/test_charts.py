"""Charts: sound XML, inside their frame, escaped, the same for the same input."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from markupsafe import Markup

from planner import charts
from planner.charts import At, Due, Span

LOAN = [Due(166_667, 15_000)] * 12
HOUSE = [Due(100_000 + i * 500, 280_000 - i * 500) for i in range(360)]
TEXTS = {"title": "Cash <flow> & more", "desc": 'Lowest "−¥442"'}


def parse(svg: Markup) -> ET.Element:
    return ET.fromstring(str(svg))


def classes(svg: Markup, name: str) -> list[ET.Element]:
    return [node for node in parse(svg).iter() if name in node.get("class", "").split()]


def flow(balances: list[int], **more: object) -> Markup:
    return charts.cashflow(balances, key="flow", low_label="low", **TEXTS, **more)  # type: ignore[arg-type]  # test's own **


DRAWN: list[Callable[[str], Markup]] = [
    lambda key: charts.cashflow(
        [100, -200], key=key, low_label="<b>", ticks=[At(0, "<i>")], marks=[(1, "short")], **TEXTS
    ),
    lambda key: charts.schedule_bars(LOAN, 5, key=key, labels=[At(0, "<b>")], here=At(5, "<i>"), **TEXTS),
    lambda key: charts.schedule_bars(HOUSE, 70, key=key, labels=[At(359, "<b>")], here=At(70, "<i>"), **TEXTS),
    lambda key: charts.payoff(
        [9, 5, 0], [9, 0], key=key, base_label="<b>", other_label="<i>", grid=[At(4, "<")], **TEXTS
    ),
    lambda key: charts.timeline([Span("<b>", 3, "<i>")], 24, key=key, ticks=[At(0, "<u>")], **TEXTS),
    lambda key: charts.split_bar([(3, "f1"), (7, "f3")], 10, key=key, **TEXTS),
]


@pytest.mark.parametrize("draw", DRAWN)
def test_a_chart_is_named_described_escaped_and_repeatable(draw: Callable[[str], Markup]) -> None:
    svg = draw("one")
    root = parse(svg)
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "one-t one-d"
    assert root[0].text == TEXTS["title"]
    assert root[1].text == TEXTS["desc"]
    assert len(ids) == len(set(ids))
    assert all(str(i).startswith("one-") for i in ids)
    assert draw("one") == svg
    assert not re.search(r"<(b|i|u)>|style=|on\w+=|https?:", svg)


@pytest.mark.parametrize("draw", DRAWN)
def test_two_charts_of_a_page_share_no_id(draw: Callable[[str], Markup]) -> None:
    first, second = (set(re.findall(r'(?:id="|url\(#)([\w-]+)', draw(key))) for key in ("one", "two"))
    assert first
    assert not first & second


def test_what_lies_below_zero_is_filled_and_worded_and_nothing_else_is() -> None:
    assert classes(flow([50_000, -31_200, 10_000]), "f2")
    assert not classes(flow([50_000, 31_200]), "f2")
    assert classes(flow([50_000, -31_200]), "w")
    assert not classes(flow([50_000, 0]), "w")


@pytest.mark.parametrize("balances", [[0], [0, 0, 0], [-5], [-1, -2], [7, 7], [10**12, -1], [1, -(10**12)]])
def test_every_curve_and_mark_stays_inside_the_plot(balances: list[int]) -> None:
    svg = flow(balances)
    line = classes(svg, "l1")[0].get("d", "")
    heights = [float(value) for value in re.findall(r"V([-\d.]+)", line)]
    assert len(heights) == len(balances)
    assert all(0 <= value <= 100 for value in heights)
    dot, zero = classes(svg, "dot")[0], classes(svg, "zero")[0]
    assert 22 <= float(dot.get("cy", "")) <= 150 - 40 + 0.1
    assert 22 <= float(zero.get("y1", "")) <= 150 - 40 + 0.1


def test_the_dot_marks_the_lowest_day() -> None:
    assert classes(flow([5, 9, -4, 2]), "dot")[0].get("cx") == "62.50%"


def test_a_gap_of_312_stays_visible_beside_a_large_balance() -> None:
    svg = flow([790_000, -31_200])
    gap = float(classes(svg, "dot")[0].get("cy", "")) - float(classes(svg, "zero")[0].get("y1", ""))
    assert gap > 10  # px; drawn to scale it would be 3


@pytest.mark.parametrize("paid", [0, 5, 12])
def test_a_schedule_shows_what_is_paid_and_what_is_not(paid: int) -> None:
    svg = charts.schedule_bars(LOAN, paid, key="k", **TEXTS)
    assert len(classes(svg, "f1")) == len(classes(svg, "tick")) == paid
    assert len(classes(svg, "todo")) == 12 - paid
    assert len(classes(svg, "f2")) == 12


def test_bar_heights_are_in_proportion() -> None:
    svg = charts.schedule_bars([Due(100, 0), Due(50, 50)], 2, key="k", **TEXTS)
    first, second = (float(bar.get("height", "")) for bar in classes(svg, "f1"))
    assert first == pytest.approx(2 * second)
    assert len(classes(svg, "f2")) == 1


def test_thirty_years_stay_small_and_keep_their_split() -> None:
    svg = charts.schedule_bars(HOUSE, 70, key="k", **TEXTS)
    assert len(svg) < 16_000
    assert [len(classes(svg, name)) for name in ("f1", "todo", "f2", "tick")] == [1, 1, 1, 0]
    assert not classes(charts.schedule_bars(HOUSE, 0, key="k", **TEXTS), "f1")
    assert not classes(charts.schedule_bars(HOUSE, 360, key="k", **TEXTS), "todo")


def test_payoff_ends_each_line_at_its_own_month() -> None:
    base, other = [100 - i for i in range(101)], [100 - 2 * i for i in range(51)]
    svg = charts.payoff(base, other, key="k", base_label="now", other_label="more", **TEXTS)
    assert [dot.get("cx") for dot in classes(svg, "dot")] == ["50.00%", "100.00%"]
    assert classes(svg, "l3")[0].get("d", "").endswith("50.00 100.0")


def test_a_long_payoff_is_thinned_but_keeps_its_end() -> None:
    base = list(range(720, -1, -1))
    svg = charts.payoff(base, base[::2], key="k", base_label="now", other_label="more", **TEXTS)
    points = classes(svg, "l2")[0].get("d", "")[1:].split("L")
    assert len(points) <= charts.CURVE_POINTS + 1
    assert points[-1] == "100.00 100.0"


def test_payoff_with_a_slower_alternative_stays_inside() -> None:
    svg = charts.payoff([100, 0], [100, 60, 20, 0], key="k", base_label="now", other_label="longer", **TEXTS)
    across = [float(point.split()[0]) for point in classes(svg, "l3")[0].get("d", "")[1:].split("L")]
    assert max(across) == 100


def test_timeline_and_split_bar_measure_in_shares() -> None:
    spans = [Span("a", 6, "June"), Span("b", 24, "Dec"), Span("c", 60, "later")]
    svg = charts.timeline(spans, 24, key="k", **TEXTS)
    assert [bar.get("width") for bar in classes(svg, "f1")] == ["25.00%", "100.00%", "100.00%"]
    parts = charts.split_bar([(25, "f1"), (0, "f2"), (75, "f3")], 100, key="k", **TEXTS)
    assert [node.get("x") for node in parse(parts).iter() if node.tag == "rect"] == ["0.00%", "25.00%"]
    assert not classes(parts, "f2")
    assert not classes(charts.split_bar([(5, "f1")], 0, key="k", **TEXTS), "f1")


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="day"):
        flow([])
    with pytest.raises(ValueError, match="instalment"):
        charts.schedule_bars([], 0, key="k", **TEXTS)
    with pytest.raises(ValueError, match="month"):
        charts.payoff([], [1], key="k", base_label="", other_label="", **TEXTS)


def test_legend_keys_are_decoration_and_coloured() -> None:
    key = charts.legend_key("rect", "f3")
    assert parse(key).get("aria-hidden") == "true"
    assert classes(key, "f3")
    assert all(len(parse(charts.legend_key(shape))) == 1 for shape in ("line", "in", "out", "short", "dot"))  # type: ignore[arg-type]  # tuple of literals


def test_a_second_line_is_dashed_over_the_same_days_and_stays_inside() -> None:
    svg = flow([400, 100], other=[100, -400])
    (dashed,) = classes(svg, "l2")
    assert dashed.get("d") == "M0 25.0V25.0H50.00V100.0H100.00"
    assert not classes(flow([400, 100]), "l2")
