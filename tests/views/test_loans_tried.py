"""Trying things out on a loan, and the decoder."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.loans.what_if_kinds import KINDS
from tests.factories import Household, sign_in_as
from tests.pages import get, post, words
from tests.views.test_loans import base, one


@pytest.mark.parametrize(
    ("loan", "query", "figures"),
    [
        (
            "card",
            "kind=extra&extra=300",
            ("Paid off 11 months earlier", "¥700.00", "Nov 2028", "Dec 2027", "¥1,549.20", "18.25%"),
        ),
        ("card", "kind=longer&longer=12", ("less a month", "12 months more", "Nov 2029")),
        ("card", "kind=once&once=1000", ("earlier", "less in all", "¥1,400.00")),
        ("micro", "kind=longer&longer=3", ("less a month", "3 months more")),
        (
            "haier",
            "kind=longer&longer=3",
            ("¥519.64 less a month", "3 months more, ¥253.69 more in all.", "16.22%", "Ask the lender first"),
        ),
        ("haier", "", ("earlier", "less in all")),
    ],
)
def test_trying_something_out(
    app: Flask, household: Household, borrower: FlaskClient, loan: str, query: str, figures: tuple[str, ...]
) -> None:
    text = words(get(borrower, f"{one(household, loan)}/what-if?{query}"))
    for figure in figures:
        assert figure in text


@pytest.mark.parametrize("blank", [" ", "\u3000", "\t "], ids=["space", "wide space", "tab"])
@pytest.mark.parametrize("kind", KINDS)
def test_blanks_count_as_nothing_typed(household: Household, borrower: FlaskClient, kind: str, blank: str) -> None:
    """They once ended in an error page, and in a kept change they quietly became another one."""
    page = f"{one(household, 'haier')}/what-if"
    typed = {"kind": kind} | dict.fromkeys(KINDS[kind].starts, blank)
    answer = borrower.get(page, query_string=typed)
    assert answer.status_code == (422 if kind == "arrears" else 200)  # nothing is overdue here
    for place in range(len(KINDS[kind].fields)):
        values = ["2"] * len(KINDS[kind].fields)
        values[place] = blank
        kept = borrower.get(page, query_string={"and": ":".join([kind, *values]), "kind": "extra"})
        assert "cannot be read" in words(kept.text)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=extra&extra=lots", "Use numbers only"), ("kind=extra&extra=-1", "Enter an amount above zero"),
        ("kind=longer&longer=0", "Enter a whole number from 1 to 599"), ("kind=longer&longer=599", "Enter from 1 to 593"),
        ("kind=magic", "Choose one of the options"),
    ],
)  # fmt: skip
def test_a_what_if_that_cannot_be_says_why(
    household: Household, borrower: FlaskClient, query: str, sentence: str
) -> None:
    html = get(borrower, f"{one(household, 'haier')}/what-if?{query}", 422)
    assert sentence in words(html)


# A level loan of 100,000 at 6 % over 24 months from 9 July 2026, five instalments paid by 9 December: 80,142.11 is owed,
# 19 are left. Figures by the closed formulas of the annuity, worked out apart from the engine.
LEVEL = {
    "creditor": "Bank", "method": "annuity", "principal": "100000", "annual_rate": "6", "instalments": "24",
    "start_date": "2026-07-09", "frequency": "monthly", "paid_before": "5",
}  # fmt: skip


@pytest.fixture
def level(borrower: FlaskClient, household: Household) -> str:
    """The address of that loan's what-if page."""
    return post(borrower, f"{base(household)}/new", LEVEL) + "/what-if"


@pytest.mark.parametrize(
    ("query", "figures"),
    [
        ("kind=extra&extra=500&extra_then=shorter", ("Paid off 2 months earlier", "¥4,932.06")),
        ("kind=extra&extra=500&extra_then=lower", ("¥4,932.06", "less in all")),
        ("kind=once&once=20000&once_then=lower", ("¥24,432.06", "¥3,267.43")),
        ("kind=less&less=2000&until=2027-03-31&less_then=lower", ("¥2,432.06 less a month", "¥4,910.08")),
        ("kind=less&less=2000&until=2027-03-31&less_then=shorter", ("2 months more", "¥4,432.06")),
        ("kind=defer&defer=2&interest=capitalised", ("¥4,476.49", "Sep 2028", "does not cover the interest")),
        ("kind=defer&defer=2&interest=waived", ("Sep 2028", "4.99%")),
        ("kind=defer&defer=2&interest=on_first", ("¥5,233.48", "¥801.42 more in all")),
        ("kind=defer&defer=2&interest=spread", ("¥42.18 more a month", "¥801.42 more in all")),
        ("kind=pause&pause=3&pays=interest", ("¥400.71", "Later instalments are up to ¥5,224.4")),
        ("kind=longer&longer=6&way=longer", ("6 months more", "¥3,418.21")),
        ("kind=longer&longer=6&way=shorter", ("Paid off 6 months earlier", "¥6,382.70")),
        ("kind=rate&rate=3&rate_then=lower", ("¥107.81 less a month", "¥4,324.25", "3.00%")),
        ("kind=rate&rate=3&rate_then=shorter", ("¥4,432.06", "less in all")),
        ("kind=day&day=20", ("¥4,578.99", "¥146.93 more in all")),
        ("kind=settle&settle=60000&settle_on=2026-12-24", ("need not be paid", "Given up by the lender", "Dec 2026")),
    ],
)  # fmt: skip
def test_each_kind_of_change(borrower: FlaskClient, level: str, query: str, figures: tuple[str, ...]) -> None:
    text = words(get(borrower, f"{level}?{query}"))
    for figure in figures:
        assert figure in text


def test_changes_are_kept_and_tried_together(borrower: FlaskClient, level: str) -> None:
    html = get(borrower, f"{level}?kind=rate&rate=3&rate_then=lower&and=defer:2:waived")
    text = words(html)
    assert "Kept, and tried together" in text
    assert "postpone 2" in text
    for figure in ("¥4,324.25", "Sep 2028", "with all changes"):
        assert figure in text
    kept = re.findall(r'href="([^"]*and=[^"]*)"', html)
    assert any("and=defer:2:waived&amp;and=rate:3:lower" in link for link in kept)
    alone = words(get(borrower, f"{level}?kind=rate&rate=3&rate_then=lower"))
    assert "Sep 2028" not in alone


@pytest.mark.parametrize(
    "kept",
    ["and=", "and=magic:1", "and=defer:2", "and=defer:x:waived", "and=extra:-5:shorter", "and=defer:2:free",
     "and=longer:3:sideways", "and=extra:100:shorter&and=extra:100:shorter&and=extra:100:shorter&and=extra:100:shorter",
     "and=settle:1:2026-13-01"],
)  # fmt: skip
def test_kept_changes_that_nobody_typed_are_refused(borrower: FlaskClient, level: str, kept: str) -> None:
    assert "The changes in this address cannot be read" in words(
        get(borrower, f"{level}?kind=extra&extra=300&{kept}", 422)
    )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=less&less=5000&until=2027-03-31", "The instalment is smaller already; enter at most ¥4,432.05"),
        ("kind=less&less=500&until=2026-12-01", "or later: the next instalment is due then"),
        ("kind=settle&settle=90000&settle_on=2026-12-24", "clears it that day; more is not needed"),
        ("kind=settle&settle=5&settle_on=2030-01-01", "or earlier: the loan ends then"),
        ("kind=pause&pause=19", "Enter from 1 to 18 instalments"), ("kind=defer&defer=61", "Enter a whole number from 1 to 60"),
        ("kind=rate&rate=80&rate_then=shorter", "the debt never ends"), ("kind=day&day=32", "Enter a whole number from 1 to 31"),
        ("kind=longer&longer=3&and=once:90000:shorter", "The changes before this one already end the loan"),
        ("kind=longer&longer=19&way=shorter", "Enter from 1 to 18 instalments"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_what_to_enter(borrower: FlaskClient, level: str, query: str, sentence: str) -> None:
    assert sentence in words(get(borrower, f"{level}?{query}", 422))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([*KINDS, "magic"]),
    st.lists(st.sampled_from(["0", "-1", "1e9", "²", "2027-02-30", "999999999999", "", "x"]), min_size=2, max_size=2),
)
def test_no_address_breaks_the_page(borrower: FlaskClient, level: str, kind: str, values: list[str]) -> None:
    fields = KINDS[kind].fields if kind in KINDS else ("extra",)
    query = {"kind": kind, **dict(zip(fields, values, strict=False)), "and": f"{kind}:{':'.join(values)}"}
    assert borrower.get(level, query_string=query).status_code in (200, 422)


def test_only_members_try_things_out(app: Flask, household: Household, level: str) -> None:
    assert sign_in_as(app, household.stranger_id).get(level).status_code == 404
    page = get(sign_in_as(app, household.viewer_id), f"{level}?kind=defer&defer=2&interest=waived")
    assert "Talk to the lender" not in words(page)


def test_arrears_can_be_spread_only_where_there_are_any(
    household: Household, borrower: FlaskClient, level: str
) -> None:
    assert "Spread arrears" not in words(get(borrower, level))
    late = post(borrower, f"{base(household)}/new", LEVEL | {"paid_before": "3"}) + "/what-if"
    page = words(get(borrower, f"{late}?kind=arrears&spread=4"))
    assert "Spread arrears" in page
    assert "¥4,432.06 is overdue and due now either way" in page


def test_another_loan_is_chosen_by_address(household: Household, borrower: FlaskClient) -> None:
    answer = borrower.get(f"{one(household, 'haier')}/what-if?loan={household.loan_ids['card']}")
    assert answer.location == f"{one(household, 'card')}/what-if"
    get(borrower, f"{one(household, 'haier')}/what-if?loan=987654", 404)


def test_the_script_gets_the_result_alone(household: Household, borrower: FlaskClient) -> None:
    for address in (f"{one(household, 'card')}/what-if?kind=extra&extra=300",
                    f"{base(household)}/decode?principal=20000&payment=1816.67&instalments=12"):  # fmt: skip
        html = borrower.get(address, headers={"X-Fragment": "result"}).get_data(as_text=True)
        assert "<h1" not in html
        assert 'role="status"' in html
        assert 'class="sprite"' in html


def test_the_decoder_names_the_true_rate_and_what_is_hidden(household: Household, borrower: FlaskClient) -> None:
    query = "principal=20000&payment=1816.67&instalments=12&advertised_rate=9&frequency=monthly"
    html = get(borrower, f"{base(household)}/decode?{query}")
    for figure in ("16.2%", "¥21,800.04", "¥1,800.04", "¥20,988.36", "¥811.68 more", "17.48%"):
        assert figure in words(html)
    take_over = re.search(r'href="([^"]+/new\?[^"]+)"', html)
    assert take_over
    filled = get(borrower, take_over[1].replace("&amp;", "&"))
    assert 'value="1816.67"' in filled
    assert 'value="20000"' in filled
    assert 'value="9"' in filled


def test_the_decoder_counts_fees(household: Household, borrower: FlaskClient) -> None:
    html = get(
        borrower,
        f"{base(household)}/decode?principal=10000&upfront_fee=500&payment=900&instalments=12&instalment_fee=20",
    )
    assert "¥9,500" in words(html)
    assert "¥11,040" in words(html)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("principal=20000&payment=1000&instalments=12", "All instalments together are less"),
        ("principal=20000&payment=&instalments=12", "Enter what you pay each time"),
        ("principal=x&payment=1&instalments=1000", "Enter a whole number from 1 to 600"),
        ("principal=1&payment=99999&instalments=12", "above 1,000 per cent"),
        ("frequency=hourly&principal=1&payment=2&instalments=2", "Choose one of the options"),
    ],
)
def test_a_decoder_that_cannot_work_it_out_says_why(
    household: Household, borrower: FlaskClient, query: str, sentence: str
) -> None:
    assert sentence in words(get(borrower, f"{base(household)}/decode?{query}", 422))
