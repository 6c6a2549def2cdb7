"""The words of a proposal: one sentence a request, what follows from it, the dates, the month, the shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from planner.documents import asking, course, typesetting, words
from planner.documents.asking import KINDS
from planner.documents.proposal import BudgetItem, BudgetStatement, Cause, CreditorShare, ProposalDocument
from planner.engine.changes import DeferredInterest
from tests.documents.values import make


@pytest.fixture
def english(context: Flask) -> Iterator[None]:
    """An English reader."""
    with context.test_request_context(), force_locale("en"):
        yield


@pytest.fixture
def chinese(context: Flask) -> Iterator[None]:
    """A Chinese reader."""
    with context.test_request_context(), force_locale("zh_Hans_CN"):
        yield


def asked(kind: str, **change: Any) -> ProposalDocument:
    """A copy whose request has these fields."""
    value = make((kind,), count=14)
    request = replace(value.requests[0], asked=replace(value.requests[0].asked, **change))
    return replace(value, requests=(request,)).copy_for(1, ("other_creditors",))


def said(document: ProposalDocument) -> str:
    """The request with plain blanks."""
    return asking.request_words(document).replace("\xa0", " ")


SENTENCES = {
    "reduce": "I ask to pay ¥1,240 instead of ¥1,816.68 each time from 18 Jan 2027, in 14 instalments until 18 Feb 2028.",
    "reduce_until": "I ask to pay ¥900 instead of ¥1,816.68 each time from 18 Jan 2027 to 18 Dec 2027.",
    "postpone": "I ask to postpone 3 instalments, from 18 Jan 2027 to 18 Mar 2027, with the interest of that "
    "time added to the debt.",
    "rate": "I ask for a yearly interest rate of 8.45% from 18 Jan 2027; each instalment is then ¥1,240.01.",
    "freeze": "I ask you to charge no interest and fees from 18 Jan 2027 to 18 Jun 2027.",
    "longer": "I ask for 12 instalments more: ¥1,240.01 each from 18 Jan 2027, the last on 18 Feb 2028.",
    "move_due": "I ask to move the due date to day 25 of the month; the first payment then falls on 25 Jan 2027.",
    "settle": "I offer ¥9,800 on 28 Jan 2027 to settle the contract in full, and ask you to give up the other ¥4,200.",
}


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_one_clear_sentence(kind: str) -> None:
    assert said(asked(kind)) == SENTENCES[kind]
    assert asking.kind_words(kind)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("treatment", "words_of_it"),
    [("waived", "no interest"), ("capitalised", "added to the debt"), ("on_first", "first instalment"),
     ("spread", "spread evenly"), (None, "to be agreed")],
)  # fmt: skip
def test_the_interest_of_postponed_instalments_is_always_said(treatment: str | None, words_of_it: str) -> None:
    assert words_of_it in said(asked("postpone", interest=treatment))
    assert said(asked("postpone", count=1, interest=treatment)).startswith(
        "I ask to postpone the instalment of 18 Jan 2027,"
    )


@pytest.mark.usefixtures("english")
def test_interest_that_rests_under_a_lower_instalment_is_asked_for() -> None:
    assert said(asked("reduce_until", interest="waived")) == (
        "I ask to pay ¥900 instead of ¥1,816.68 each time from 18 Jan 2027 to 18 Dec 2027, with no interest for that time."
    )


@pytest.mark.usefixtures("english")
def test_every_treatment_and_kind_has_a_name_of_its_own() -> None:
    assert len({asking.interest_words(each) for each in DeferredInterest}) == 4
    assert len({asking.kind_words(kind) for kind in KINDS}) == 8


@pytest.mark.usefixtures("english")
def test_a_request_without_its_ends_takes_them_from_the_instalments() -> None:
    assert said(asked("postpone", until=None)) == SENTENCES["postpone"]
    assert said(asked("freeze", until=None)) == "I ask you to charge no interest and fees from 18 Jan 2027 on."
    assert said(asked("reduce", amount_minor=None)).startswith("I ask to pay ¥1,240.01 ")
    kept = asked("settle")
    whole = replace(kept, requests=(replace(kept.main, forgiven_minor=0),))
    assert said(whole) == "I offer ¥9,800 on 28 Jan 2027 to settle the contract in full."


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("until", [None, date(2027, 6, 18)])
def test_a_token_says_that_nothing_is_left_and_asks_for_no_interest(until: date | None) -> None:
    token = CreditorShare(1, "Bank", None, 6000000, 181667, 100, False, True)
    copy = replace(asked("reduce_until", amount_minor=100, until=until), creditors=(token,))
    text = said(copy)
    assert text.startswith(
        "Nothing is left after essential costs, so I offer a token payment of ¥1 each time from 18 Jan 2027"
    )
    assert "no interest" in text
    assert ("18 Jun 2027" in text) == (until is not None)
    assert words.remark(token) == "Token payment"


@pytest.mark.usefixtures("english")
def test_what_follows_says_arrears_what_is_given_up_how_payments_resume_and_the_review() -> None:
    copy = asked("reduce_until")
    request = replace(copy.main, arrears_minor=5000, forgiven_minor=700, resumes_on=date(2028, 1, 18))
    lines = [line.replace("\xa0", " ") for line in asking.follow_words(replace(copy, requests=(request,)))]
    assert lines == [
        "What falls due before 18 Jan 2027 is paid as agreed.",
        "¥50 is overdue today; it is part of this plan.", "You would give up ¥7 of what is owed.",
        "From 18 Jan 2028 the normal payments resume, ¥1,240.01 each.", "We look at it again on 9 Jun 2027.",
    ]  # fmt: skip
    beyond = replace(request, resumes_on=date(2040, 1, 1))
    assert asking.resume_words(beyond, "CNY").replace("\xa0", " ") == "From 1 Jan 2040 the normal payments resume."
    settled = [line.replace("\xa0", " ") for line in asking.follow_words(asked("settle"))]
    assert settled[:2] == ["I pay as soon as you have accepted this in writing, not before.",
                           "With this payment on 28 Jan 2027 nothing more is owed."]  # fmt: skip


@pytest.mark.usefixtures("english")
def test_nothing_is_said_of_instalments_before_where_none_falls_due_or_the_request_takes_them_over() -> None:
    copy = asked("reduce")
    rows = copy.main.contract_rows
    next_one = replace(copy, created_on=date(2026, 12, 29))
    assert "paid as agreed" not in " ".join(asking.follow_words(next_one))
    taken = replace(copy.main, contract_rows=(replace(rows[0], due_on=date(2026, 12, 18)), *rows))
    assert "paid as agreed" not in " ".join(asking.follow_words(copy, taken))
    settled = asked("settle")
    later = replace(settled.main, contract_rows=settled.main.contract_rows[1:])
    assert (
        asking.follow_words(settled, later)[0].replace("\xa0", " ")
        == "What falls due before 28 Jan 2027 is paid as agreed."
    )
    last = replace(copy.main, contract_rows=rows[:1])
    assert "What falls due before" in " ".join(asking.follow_words(copy, last))


@pytest.mark.usefixtures("english")
def test_a_payment_that_rises_again_is_said_with_what_comes_after() -> None:
    copy = asked("reduce_until")
    light = tuple(replace(row, payment_minor=90000) for row in copy.main.rows[:12])
    request = replace(copy.main, rows=(*light, *copy.main.rows[12:]), resumes_on=date(2028, 1, 18))
    payment = ("Payment each time", "¥900, then ¥1,240.01")
    assert asking.key_figures(copy, request)[0] == payment
    assert asking.comparison(copy, request)[0] == (payment[0], "¥1,816.68", payment[1])
    assert course.count_words(request, "CNY") == "12 × ¥900, then 2 × ¥1,240.01"
    assert course.count_words(asked("reduce").main, "CNY") == "14 × ¥1,240.01"


@pytest.mark.usefixtures("english")
def test_the_dates_that_matter_come_in_order() -> None:
    copy = asked("reduce_until")
    request = replace(copy.main, resumes_on=date(2028, 1, 18))
    dates = asking.agreed_dates(replace(copy, requests=(request,)))
    assert [on for on, _what in dates] == [
        date(2027, 1, 18), date(2027, 6, 9), date(2027, 12, 18), date(2028, 1, 18), date(2028, 2, 18),
    ]  # fmt: skip
    assert [on for on, _what in asking.agreed_dates(asked("settle"))] == [date(2027, 1, 28)]


@pytest.mark.usefixtures("english")
def test_the_month_adds_up_line_by_line() -> None:
    rows = words.statement(make())
    assert [(row.label, row.minor) for row in rows] == [
        ("工资", 560000), ("Income", 560000), ("Rent", -160000), ("Essential", -160000), ("Food", -135000), ("Flexible", -135000),
        ("Savings", -20000), ("Savings", -20000), ("Available for all creditors", 245000), ("Of this, priority debts", -50000),
        ("Available for the other creditors", 195000),
    ]  # fmt: skip
    expected = BudgetStatement(400000, 100, 0, 0, 390000, 0, (BudgetItem("x", "income", 390000, "wage"),))
    labels = [(row.label, row.minor) for row in words.statement(make(budget=expected))]
    assert labels == [
        ("x", 390000), ("Not listed singly", 10000), ("Income", 400000), ("Essential", -100),
        ("Not listed singly", -9900), ("Available for all creditors", 390000),
    ]  # fmt: skip
    assert words.statement(make(budget=None)) == []


@pytest.mark.usefixtures("english")
def test_shares_are_of_what_is_shared_in_proportion() -> None:
    rows = words.shares(make(("reduce", "rate")))
    assert [row.share for row in rows] == ["50.0%", "50.0%", "", ""]
    assert rows[-1].creditor == "All creditors together"
    assert rows[-1].offered == "¥2,980.01"
    alone = words.shares(make(("reduce", "rate")).copy_for(2, ()))
    assert [(row.creditor, row.share) for row in alone] == [("Northern Bank", "")]
    unnamed = words.shares(make(("reduce", "rate")).copy_for(2, ("other_creditors",)))
    assert [row.creditor for row in unnamed] == ["Creditor 1", "Northern Bank", "Creditor 3", "All creditors together"]


@pytest.mark.usefixtures("english")
def test_a_cause_has_words_also_when_it_is_new_to_us() -> None:
    assert words.cause_words("flood") == words.cause_words("other") == "Another cause"
    assert words.cause_line(make(cause=None)) == ""
    both = Cause("costs", date(2027, 1, 1), date(2027, 6, 1), None)
    assert words.cause_line(make(cause=both)).replace("\xa0", " ") == "Higher costs of living (Jan 2027 to Jun 2027)"
    assert words.cause_line(make(cause=Cause("costs", None, None, None))) == "Higher costs of living"


@pytest.mark.usefixtures("english")
def test_sizes_of_files_are_in_words() -> None:
    assert [words.size_words(size) for size in (0, 1, 999_999, 2_181_234)] == ["0 kB", "1 kB", "1000 kB", "2.2 MB"]


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("kind", KINDS)
def test_chinese_has_words_for_all_of_it(kind: str) -> None:
    copy = asked(kind)
    everything = [
        said(copy),
        *asking.follow_words(copy),
        asking.kind_words(kind),
        *(what for _on, what in asking.agreed_dates(copy)),
    ]
    everything += [label for label, *_rest in asking.comparison(copy)] + [
        label for label, _value in asking.key_figures(copy)
    ]
    for text in everything:
        assert any("\u4e00" <= sign <= "\u9fff" for sign in text), text
        assert not any(word in text for word in (" the ", "I ask", " of ")), text


def test_our_templates_read_nothing_and_fetch_nothing() -> None:
    for path in Path(typesetting.__file__).parent.glob("*.typ"):
        source = path.read_text("utf-8")
        for forbidden in ("read(", "#import", "#include", "plugin(", "eval(", 'image("', 'json("'):
            assert forbidden not in source, (path.name, forbidden)
