"""Outcomes that tell nothing of any one client: every small table is tried, as whoever knows the rules would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.outcomes import (
    ANSWERS,
    COURSES,
    LEAST,
    Cell,
    ClientFacts,
    Count,
    Shown,
    Table,
    kept_back,
    report,
    single,
    table,
)

FEW, HIDDEN = Cell(Shown.FEW), Cell(Shown.HIDDEN)


def of(numbers: Sequence[int]) -> Table:
    """The table published of parts with one client for each count."""
    return table({str(n): Count(number, number) for n, number in enumerate(numbers)}, sum(numbers))


def told(numbers: Iterable[Sequence[int]]) -> list[tuple[Table, int, set[int]]]:
    """For each part that is not shown in some published table, the values it has in all tables that are published alike."""
    alike = defaultdict(list)
    for values in numbers:
        seen = of(values)
        alike[seen.total, tuple(seen.parts.values())].append(values)
    return [
        (of(group[0]), place, {values[place] for values in group})
        for (_total, parts), group in alike.items()
        for place, cell in enumerate(parts) if cell.shown != Shown.EXACT
    ]  # fmt: skip


@pytest.mark.parametrize(("parts", "most"), [(2, 16), (3, 13), (4, 9), (5, 7)])
def test_whoever_knows_the_rules_and_the_table_cannot_tell_a_part_that_is_kept_back(parts: int, most: int) -> None:
    found = told(product(range(most + 1), repeat=parts))
    assert found
    assert [(seen, place) for seen, place, values in found if len(values) < 2] == []


@pytest.mark.parametrize("parts", [2, 3, 4, 5])
def test_the_totals_that_are_few_are_not_told_apart(parts: int) -> None:
    seen = {repr(of(values)) for values in product(range(5), repeat=parts) if 0 < sum(values) < LEAST}
    assert len(seen) == 1


@given(st.lists(st.integers(0, 60), min_size=2, max_size=5))
def test_no_part_of_one_to_four_is_ever_shown_and_no_one_part_is_hidden_alone(numbers: list[int]) -> None:
    seen = of(numbers)
    shown = [cell.value for cell in seen.parts.values() if cell.shown == Shown.EXACT]
    assert not any(value and value < LEAST for value in shown)
    hidden = sum(cell.shown == Shown.HIDDEN for cell in seen.parts.values())
    assert hidden != 1
    if seen.total.shown == Shown.EXACT:
        assert seen.total.value == sum(numbers)
    if all(number == 0 or number >= LEAST for number in numbers):
        assert hidden == 0 or seen.total.shown != Shown.EXACT


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=5))
def test_a_part_is_judged_by_its_clients_not_by_its_number(pairs: list[tuple[int, int]]) -> None:
    parts = {str(n): Count(max(number, clients), clients) for n, (number, clients) in enumerate(pairs)}
    hidden = kept_back(parts)
    assert {key for key, count in parts.items() if 0 < count.clients < LEAST} <= hidden
    assert len(hidden) != 1


def test_a_small_part_is_kept_back_with_the_zeros_or_with_all_others() -> None:
    assert of([50, 3, 0]).parts == {"0": Cell(Shown.EXACT, 50), "1": HIDDEN, "2": HIDDEN}
    assert of([50, 3]).parts == {"0": HIDDEN, "1": HIDDEN}
    assert of([4, 4, 9]).parts == {"0": HIDDEN, "1": HIDDEN, "2": HIDDEN}
    assert of([4, 2, 9]).parts == {"0": HIDDEN, "1": HIDDEN, "2": Cell(Shown.EXACT, 9)}
    assert of([7, 5, 0]).parts["2"] == Cell(Shown.EXACT, 0)


def test_counts_that_stand_alone() -> None:
    assert [single(Count(n, n)) for n in (0, 1, 4, 5)] == [Cell(Shown.EXACT, 0), FEW, FEW, Cell(Shown.EXACT, 5)]


def client(then: int, now: int, **more: object) -> ClientFacts:
    """Somebody with so much overdue in yuan."""
    return replace(ClientFacts({"CNY": then}, {"CNY": now}), **more)  # type: ignore[arg-type]


def test_the_course_of_a_client_is_that_of_the_worst_currency() -> None:
    assert client(300, 200).course == "better"
    assert client(300, 300).course == "same"
    assert ClientFacts({"CNY": 300, "GBP": 0}, {"CNY": 0, "GBP": 1}).course == "worse"
    assert ClientFacts({"CNY": 300}, {}).course == "better"
    assert ClientFacts().course == "unknown"


def test_a_report_of_enough_clients_shows_all_its_figures() -> None:
    better = [client(500 + n, 100, answers=("accept",), reply_days=(n,), avoided=1) for n in range(6)]
    worse = [client(0, 700, answers=("unanswered", "unanswered"), came_true=2) for _n in range(5)]
    found = report(better + worse, 9)
    assert found.course.total == Cell(Shown.EXACT, 11)
    assert [found.course.parts[key].value for key in COURSES] == [6, 0, 5, 0]
    assert [found.answers.parts[key].value for key in ANSWERS] == [6, 0, 0, 0, 10]
    assert found.answers.total.value == 16
    assert (found.days.total.value, found.days.parts["avoided"].value) == (16, 6)
    assert found.reply_days == Cell(Shown.EXACT, Decimal("2.5"))
    [sums] = found.overdue
    assert (sums.then.value, sums.now.value) == (3015, 600 + 3500)
    assert found.withdrawn.value == 9


def test_amounts_and_times_need_five_clients_behind_them() -> None:
    found = report([client(500, 0, reply_days=(3,)) for _n in range(4)] + [client(0, 0) for _n in range(20)], 2)
    [sums] = found.overdue
    assert (sums.then, sums.now) == (HIDDEN, Cell(Shown.EXACT, 0))
    assert found.reply_days == HIDDEN
    assert found.withdrawn == FEW
    assert [found.course.parts[key].shown for key in COURSES] == [Shown.HIDDEN, Shown.EXACT, Shown.HIDDEN, Shown.HIDDEN]


def test_a_report_of_nobody_and_of_a_few() -> None:
    empty = report([], 0)
    assert empty.course.total == Cell(Shown.EXACT, 0)
    assert empty.reply_days == Cell(Shown.EXACT, None)
    few = report([client(900, 0, answers=("accept",), avoided=2)], 0)
    assert few.course.total == few.answers.total == few.days.total == FEW
    assert {cell.shown for seen in (few.course, few.answers, few.days) for cell in seen.parts.values()} == {
        Shown.HIDDEN
    }
