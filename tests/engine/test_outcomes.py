"""Outcomes that tell nothing of any one client: every small table is tried, as whoever knows the rules would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.outcomes import (
    ANSWERS,
    COUNTS_TO,
    COURSES,
    LEAST,
    Cell,
    ClientFacts,
    Count,
    Shown,
    Table,
    kept_back,
    report,
    rounded,
    single,
    step_of,
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
    assert all(value % COUNTS_TO == 0 for value in shown if value is not None)
    if seen.total.shown == Shown.EXACT:
        assert seen.total.value == rounded(sum(numbers), COUNTS_TO)
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
    assert of([4, 2, 9]).parts == {"0": HIDDEN, "1": HIDDEN, "2": Cell(Shown.EXACT, 10)}
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
    better = [client((500 + n) * 100, 10_000, answers=("accept",), reply_days=(n,), avoided=1) for n in range(6)]
    worse = [client(0, 70_000, answers=("unanswered", "unanswered"), came_true=2) for _n in range(5)]
    found = report(better + worse, 9)
    assert found.course.total == Cell(Shown.EXACT, 10), "11, to fives"
    assert [found.course.parts[key].value for key in COURSES] == [5, 0, 5, 0]
    assert [found.answers.parts[key].value for key in ANSWERS] == [5, 0, 0, 0, 10]
    assert found.answers.total.value == 15
    assert (found.days.total.value, found.days.parts["avoided"].value) == (15, 5)
    assert found.reply_days == Cell(Shown.EXACT, 3), "2.5 days"
    [sums] = found.overdue
    assert (sums.then.value, sums.now.value) == (300_000, 400_000), "3,015 and 4,100 yuan"
    assert found.withdrawn.value == 10


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


AMOUNTS = st.lists(st.integers(1, 5_000_000), min_size=LEAST, max_size=12)


def overdue_of(amounts: Sequence[int]) -> int:
    """The amount published of clients who owe these."""
    [sums] = report([client(amount, 0) for amount in amounts], 0).overdue
    assert sums.then.value is not None
    return sums.then.value


@given(AMOUNTS, st.integers(1, 5_000_000))
def test_one_client_more_moves_an_amount_by_no_step_or_one_and_leaves_what_they_owe_open(
    amounts: list[int], one: int
) -> None:
    step = step_of([*amounts, one], "CNY")
    before, after = overdue_of(amounts), overdue_of([*amounts, one])
    assert after % step == 0
    assert step >= max(*amounts, one, 10_000)
    # By the reports alone this client may owe anything within two steps that the rounding of both leaves possible.
    least, most = after - step // 2 - (before + step // 2), after + step // 2 - (before - step // 2)
    assert least <= one <= most
    assert most - least >= one


@given(AMOUNTS, st.sampled_from(["CNY", "JPY", "KWD"]))
def test_a_sum_is_off_by_half_a_step_at_most_and_the_step_is_as_small_as_it_may_be(
    amounts: list[int], code: str
) -> None:
    step = step_of(amounts, code)
    least = {"CNY": 10_000, "JPY": 100, "KWD": 100_000}[code]
    assert abs(rounded(sum(amounts), step) - sum(amounts)) * 2 <= step
    assert step == least or step < max(amounts) * 2.5
    assert step % least == 0


@pytest.mark.parametrize(
    ("most", "step"), [(0, 100), (100, 100), (101, 200), (201, 500), (501, 1000), (40_000, 50_000)]
)
def test_the_step_of_an_amount(most: int, step: int) -> None:
    assert step_of([most, 1], "JPY") == step


@pytest.mark.parametrize(
    ("number", "to"), [(0, 0), (2, 0), (3, 5), (5, 5), (6, 5), (7, 5), (8, 10), (12, 10), (13, 15)]
)
def test_counts_are_rounded_to_the_nearest_five(number: int, to: int) -> None:
    assert rounded(number, COUNTS_TO) == to
