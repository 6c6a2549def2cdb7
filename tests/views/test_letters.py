"""The letters: each filled in both languages, edited, taken away; what is not ticked, and not ours, is in none of them."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.documents.letters import LETTERS
from planner.documents.proposal import PARTS, Asked
from planner.extensions import db
from planner.letters.forms import LONGEST
from planner.letters.services import REQUESTS
from planner.models import Evidence, Loan, Proposal, ProposalItem, ProposalVersion
from tests.documents.readers import pdf_text
from tests.factories import Household
from tests.lender import CAUSE, CONTACT, NAME, NUMBER, REDUCE, item_of, make_plan
from tests.pages import get, post, words

FIRST = date(2027, 1, 18)
ASKED = {
    "reduce": REDUCE,
    "defer": Asked("postpone", from_on=FIRST, count=1, interest="waived"),
    "freeze": Asked("freeze", from_on=FIRST, until=date(2027, 4, 18)),
    "settle": Asked("settle", amount_minor=800000, on=FIRST),
    "move_due": Asked("move_due", from_on=FIRST, day=25),
}
FIGURES = {"reduce": "¥1,240", "defer": "¥1,816.66", "freeze": "¥1,816.66", "settle": "¥8,000", "move_due": "¥1,816.66"}
DATES = {"zh": "2027年1月", "en": "Jan 2027"}
OWED = "¥12,056.21 is owed today"
WITHOUT_REQUEST = "The plan does not ask for this"
HAPPENED = {
    "c1-when": "9 Dec, 22:40", "c1-what": "They rang my employer", "c1-rule": "No contact with other people",
    "c1-source": "Art. 12", "c3-when": "10 Dec", "c3-what": "They rang again", "asks": "Stop ringing my employer",
}  # fmt: skip
RUDE = ("illegal", "unlawful", "违法")


def planned(app: Flask, household: Household, letter: str = "reduce", loan: str = "haier") -> int:
    """The key of an item that asks for what the letter says."""
    with app.app_context():
        plan = make_plan(household, ASKED[letter], loan)
        db.session.commit()
        return item_of(plan, household.loan_ids[loan]).id


def address(household: Household, letter: str, **about: int) -> str:
    query = "&".join(f"{name}={key}" for name, key in about.items())
    return f"/c/{household.case_id}/letters/{letter}" + (f"?{query}" if query else "")


def place(app: Flask, household: Household, letter: str) -> str:
    """Where this letter to the consumer lender is written."""
    if letter in REQUESTS:
        return address(household, letter, item=planned(app, household, letter))
    return address(household, letter, loan=household.loan_ids["haier"])


def letter_in(page: str) -> str:
    """What stands in the text field."""
    found = re.search(r'(?s)<textarea id="text"[^>]*>(.*?)</textarea>', page)
    assert found, words(page)[:400]
    return html.unescape(found.group(1)).replace("\xa0", " ")


def ticks(*parts: str, **values: Any) -> dict[str, Any]:
    """The form with these parts ticked and everything typed."""
    typed = {"language": "en", "borrower_name": NAME, "borrower_contact": CONTACT, "step": "fill"}
    return typed | dict.fromkeys(parts, "y") | values


def test_the_list_says_when_each_letter_is_right(borrower: FlaskClient, household: Household) -> None:
    page = get(borrower, f"/c/{household.case_id}/letters")
    for letter in LETTERS:
        assert f'/letters/{letter}"' in page
    assert "less than the contract asks" in words(page)
    assert not [word for word in RUDE if word in page]


def test_the_list_keeps_whom_it_is_about(app: Flask, borrower: FlaskClient, household: Household) -> None:
    item = planned(app, household)
    assert f"/letters/reduce?item={item}" in get(borrower, f"/c/{household.case_id}/letters?item={item}")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("letter", LETTERS)
def test_each_letter_is_filled_and_taken_away_in_each_language(
    app: Flask, borrower: FlaskClient, household: Household, letter: str, lang: str
) -> None:
    where = place(app, household, letter)
    happened = HAPPENED if letter == "complaint" else {}
    text = letter_in(post(borrower, where, ticks(*PARTS, language=lang, **happened), status=200))
    assert "海尔消费金融" in text
    assert NAME in text
    assert CONTACT in text
    if letter in REQUESTS:
        assert FIGURES[letter] in text
        assert DATES[lang] in text
        assert CAUSE in text
    chinese = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
    assert chinese > 80 if lang == "zh" else chinese < 60
    assert not [word for word in RUDE if word in text]
    edited = f"{text}\nMY OWN ENDING 我自己写的结尾"
    answer = borrower.post(where, data={"language": lang, "text": edited, "step": "pdf"})
    assert answer.status_code == 200
    assert (answer.content_type, answer.data[:4]) == ("application/pdf", b"%PDF")
    assert f'filename="letter-{letter}-2026-12-09.pdf"' in answer.headers["Content-Disposition"]
    read = pdf_text(answer.data)
    assert "MYOWNENDING我自己写的结尾" in read
    assert "海尔消费金融" in read


def test_a_letter_opens_filled_in_the_readers_language(app: Flask, borrower: FlaskClient, household: Household) -> None:
    item = planned(app, household)
    where = address(household, "reduce", item=item)
    english, chinese = get(borrower, where), get(borrower, f"{where}&lang=zh")
    assert "I want to repay what I owe" in letter_in(english)
    assert "我愿意把欠款全部还清" in letter_in(chinese)
    assert 'lang="zh-CN"' in re.findall(r"<textarea[^>]*>", chinese)[-1]


def test_what_is_ticked_at_first_is_what_a_plan_needs(app: Flask, borrower: FlaskClient, household: Household) -> None:
    text = letter_in(get(borrower, address(household, "reduce", item=planned(app, household))))
    assert NAME in text
    assert NUMBER in text
    assert CAUSE in text
    assert "My household has" in text
    assert CONTACT not in text


MARKS = {
    "name": NAME, "contact": CONTACT, "contract_number": NUMBER, "cause": CAUSE, "budget": "My household has",
    "evidence": "zqpay.pdf",
}  # fmt: skip


@pytest.mark.parametrize("part", MARKS)
def test_what_is_not_ticked_is_not_in_the_letter(
    app: Flask, borrower: FlaskClient, household: Household, part: str
) -> None:
    item = planned(app, household)
    with app.app_context():
        add_file(item)
    where = address(household, "reduce", item=item)
    whole = letter_in(post(borrower, where, ticks(*PARTS), status=200))
    without = letter_in(post(borrower, where, ticks(*(set(PARTS) - {part})), status=200))
    assert MARKS[part] in whole
    assert MARKS[part] not in without
    assert not [other for name, other in MARKS.items() if name != part and other not in without]


def add_file(item_id: int) -> None:
    """A file that supports the plan, as the evidence page would have listed it."""
    item = db.session.get(ProposalItem, item_id)
    assert item is not None
    row = Evidence(
        case_id=item.case_id, proposal_id=item.proposal_id, name="zqpay.pdf", kind="application/pdf", size=9,
        sha256="0" * 64, stored_as="zqpay", created_at=item.proposal.created_at,
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()


def test_what_is_left_for_all_needs_its_own_tick(app: Flask, borrower: FlaskClient, household: Household) -> None:
    where = address(household, "reduce", item=planned(app, household))
    assert "for all creditors" in letter_in(post(borrower, where, ticks("budget", "other_creditors"), status=200))
    assert "for all creditors" not in letter_in(post(borrower, where, ticks("budget"), status=200))


@pytest.mark.parametrize("letter", ["hold", "complaint"])
def test_a_letter_without_plan_shows_only_what_is_ticked(
    app: Flask, borrower: FlaskClient, household: Household, letter: str
) -> None:
    planned(app, household)
    where = address(household, letter, loan=household.loan_ids["haier"])
    text = letter_in(post(borrower, where, ticks(**HAPPENED), status=200))
    assert not [mark for mark in (NAME, CONTACT, NUMBER, CAUSE) if mark in text]
    everything = letter_in(post(borrower, where, ticks(*PARTS, **HAPPENED), status=200))
    wanted = [NAME, CONTACT, NUMBER] + ([CAUSE] if letter == "hold" else [])
    assert not [mark for mark in wanted if mark not in everything]


def test_a_pause_is_asked_for_without_a_plan(borrower: FlaskClient, household: Household) -> None:
    text = letter_in(get(borrower, address(household, "hold", loan=household.loan_ids["haier"])))
    for figure in ("¥20,000", "8 Jan 2027", "23 Dec 2026", "No instalment is overdue", OWED):
        assert figure in text, figure


def test_a_card_is_not_said_to_be_opened_when_its_balance_was_entered(
    borrower: FlaskClient, household: Household
) -> None:
    text = letter_in(get(borrower, address(household, "hold", loan=household.loan_ids["card"])))
    assert "¥7,860 is owed today" in text
    assert "opened" not in text


def test_a_complaint_is_written_from_what_happened(borrower: FlaskClient, household: Household) -> None:
    where = address(household, "complaint", loan=household.loan_ids["haier"])
    assert 'id="text"' not in get(borrower, where)
    text = letter_in(post(borrower, where, ticks("name", **HAPPENED), status=200))
    assert "- 9 Dec, 22:40: They rang my employer" in text
    assert "This may fall outside the guideline: No contact with other people (source: Art. 12)." in text
    assert "- 10 Dec: They rang again" in text
    assert "- Stop ringing my employer" in text
    chinese = letter_in(post(borrower, where, ticks(language="zh", **HAPPENED), status=200))
    assert "可能不合规：No contact with other people（来源：Art. 12）" in chinese


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Write what happened"),
        ({"c2-when": "9 Dec"}, "Write what happened"),
        ({"c1-what": "They rang my employer"}, "Write the day"),
        ({"c1-when": "9 Dec", "c1-what": "They rang", "c1-source": "Art. 12"}, "Write the rule"),
        ({"c1-when": "9 Dec", "c1-what": "x" * 501}, "Use at most 500 characters"),
        (HAPPENED | {"language": "xx"}, "Choose one of the options"),
    ],
)
def test_a_complaint_that_says_too_little_is_asked_for_more(
    borrower: FlaskClient, household: Household, typed: dict[str, str], error: str
) -> None:
    where = address(household, "complaint", loan=household.loan_ids["haier"])
    page = post(borrower, where, ticks() | typed | {"borrower_name": "Sun zqkept"}, status=422)
    assert error in words(page)
    for kept in ("Sun zqkept", *(value for name, value in typed.items() if name != "language")):
        assert kept in page


@pytest.mark.parametrize("step", ["pdf", "txt"])
@pytest.mark.parametrize(
    ("text", "error"), [("x" * (LONGEST + 1), "Use at most 20000 characters"), (" \r\n ", "The letter is empty")]
)
def test_a_text_that_cannot_be_sent_is_kept_with_what_was_ticked(
    borrower: FlaskClient, household: Household, step: str, text: str, error: str
) -> None:
    where = address(household, "hold", loan=household.loan_ids["haier"])
    page = post(borrower, where, ticks("contact", text=text, step=step), status=422)
    assert error in words(page)
    assert letter_in(page).strip() == text.strip()
    assert re.search(r'id="contact"[^>]* checked', page)
    assert not re.search(r'id="name"[^>]* checked', page)
    assert f'value="{CONTACT}"' in page


def test_a_language_there_is_not_gives_no_file_and_keeps_the_text(borrower: FlaskClient, household: Household) -> None:
    where = address(household, "hold", loan=household.loan_ids["haier"])
    page = post(borrower, where, {"text": "my words", "language": "../x", "step": "pdf"}, status=422)
    assert letter_in(page) == "my words"
    assert "Choose one of the options" in words(page)


def test_the_text_opens_anywhere_and_is_as_it_was_edited(borrower: FlaskClient, household: Household) -> None:
    where = address(household, "hold", loan=household.loan_ids["haier"])
    answer = borrower.post(where, data={"text": "第一行\r\nsecond <b>", "language": "zh", "step": "txt"})
    assert answer.data == b"\xef\xbb\xbf" + "第一行\r\nsecond <b>\r\n".encode()
    assert answer.content_type == "text/plain; charset=utf-8"
    assert 'filename="letter-hold-2026-12-09.txt"' in answer.headers["Content-Disposition"]


def test_filling_it_again_keeps_what_was_edited_beside_it(borrower: FlaskClient, household: Household) -> None:
    where = address(household, "hold", loan=household.loan_ids["haier"])
    page = post(borrower, where, ticks("name"), status=200)
    mark = re.search(r'name="filled" value="([0-9a-f]+)"', page)
    assert mark
    unchanged = ticks("name", "contact", text=letter_in_bytes(page), filled=mark.group(1))
    assert 'id="before"' not in post(borrower, where, unchanged, status=200)
    edited = post(borrower, where, unchanged | {"text": "MY OWN WORDS"}, status=200)
    assert "MY OWN WORDS" in edited
    assert "MY OWN WORDS" not in letter_in(edited)


def letter_in_bytes(page: str) -> str:
    """The text field as a browser sends it back: no-break spaces and all, lines ended by CR LF."""
    found = re.search(r'(?s)<textarea id="text"[^>]*>(.*?)</textarea>', page)
    assert found
    return html.unescape(found.group(1)).replace("\n", "\r\n")


def test_nothing_of_a_letter_is_stored(app: Flask, borrower: FlaskClient, household: Household) -> None:
    item = planned(app, household)
    where = address(household, "reduce", item=item)
    post(borrower, where, ticks(*PARTS, borrower_name="zqother", borrower_contact="zqelse"), status=200)
    borrower.post(where, data={"text": "zqtext", "language": "en", "step": "txt"})
    with app.app_context():
        row = db.session.get(ProposalItem, item)
        assert row is not None
        assert (row.proposal.borrower_name, row.proposal.borrower_contact) == (NAME, CONTACT)
        assert db.session.scalars(select(ProposalVersion)).all() == []


@pytest.mark.parametrize("letter", [letter for letter in REQUESTS if letter != "reduce"])
def test_a_letter_the_plan_does_not_make_says_which_request_it_needs(
    app: Flask, borrower: FlaskClient, household: Household, letter: str
) -> None:
    item = planned(app, household)
    page = get(borrower, address(household, letter, item=item))
    assert WITHOUT_REQUEST in words(page)
    assert "Lower instalments" in words(page)
    assert f"/letters/reduce?item={item}" in page
    assert re.search(r"/plans/\d+/creditors/\d+", page)


def test_a_plan_changed_meanwhile_does_not_lose_the_text(
    app: Flask, borrower: FlaskClient, household: Household
) -> None:
    where = address(household, "settle", item=planned(app, household))
    page = post(borrower, where, ticks(text="MY OWN WORDS"), status=422)
    assert letter_in(page) == "MY OWN WORDS"
    assert "no longer asks for this" in words(page)
    assert borrower.post(where, data={"text": "MY OWN WORDS", "language": "en", "step": "txt"}).status_code == 200


def test_a_creditor_paid_as_agreed_is_asked_nothing(app: Flask, borrower: FlaskClient, household: Household) -> None:
    with app.app_context():
        plan = make_plan(household)
        db.session.commit()
        kept = item_of(plan, household.loan_ids["card"]).id
    page = words(get(borrower, address(household, "reduce", item=kept)))
    assert "it is paid as agreed" in page


def test_without_a_plan_a_request_leads_to_one(borrower: FlaskClient, household: Household) -> None:
    page = get(borrower, address(household, "reduce"))
    assert f'action="/c/{household.case_id}/plans"' in page
    loans = household.loan_ids
    assert {f'value="{key}"' in page for key in loans.values()} == {True}
    one = get(borrower, address(household, "reduce", loan=loans["haier"]))
    assert f'value="{loans["haier"]}"' in one
    assert f'value="{loans["card"]}"' not in one


def test_the_creditor_is_chosen_where_there_are_several(
    app: Flask, borrower: FlaskClient, household: Household
) -> None:
    for letter in ("hold", "complaint"):
        page = get(borrower, address(household, letter))
        assert {f"?loan={key}" in page for key in household.loan_ids.values()} == {True}
    first = planned(app, household)
    assert "I want to repay" in letter_in(get(borrower, address(household, "reduce")))
    second = planned(app, household)
    page = get(borrower, address(household, "reduce"))
    assert {f"?item={key}" in page for key in (first, second)} == {True}
    newest = get(borrower, address(household, "reduce", loan=household.loan_ids["haier"]))
    assert f"item={second}" not in newest
    assert "I want to repay" in letter_in(newest)


def test_a_paid_loan_needs_no_pause_but_may_be_complained_about(
    app: Flask, borrower: FlaskClient, household: Household
) -> None:
    key = household.loan_ids["haier"]
    with app.app_context():
        loan = db.session.get(Loan, key)
        assert loan is not None
        loan.paid_before, loan.closed_on = 12, date(2026, 12, 1)
        db.session.commit()
    assert "This loan is paid off" in words(get(borrower, address(household, "hold", loan=key)))
    assert f"?loan={key}" in get(borrower, address(household, "complaint"))
    text = letter_in(post(borrower, address(household, "complaint", loan=key), ticks(**HAPPENED), status=200))
    assert "is owed today" not in text


def test_a_case_without_loans_says_what_is_missing(stranger: FlaskClient, household: Household) -> None:
    for letter in LETTERS:
        page = get(stranger, f"/c/{household.stranger_case_id}/letters/{letter}")
        assert "There is no loan for this letter yet" in page
    assert stranger.post(f"/c/{household.stranger_case_id}/letters/hold", data=ticks()).status_code == 404


def test_letters_are_reached_from_plan_request_and_talk(
    app: Flask, borrower: FlaskClient, household: Household
) -> None:
    item = planned(app, household)
    with app.app_context():
        row = db.session.get(ProposalItem, item)
        assert row is not None
        plan, n = row.proposal_id, row.n
    case = f"/c/{household.case_id}"
    assert f'href="{case}/letters"' in get(borrower, f"{case}/plans")
    assert f"{case}/letters/reduce?item={item}" in get(borrower, f"{case}/plans/{plan}/creditors/{n}")
    assert f"{case}/letters?item={item}" in get(borrower, f"{case}/talks/{item}")
    post(borrower, f"{case}/plans/{plan}/links", {"n": n, "days": "30", "lang": "en", "name": "y"})
    assert f"{case}/letters/reduce?item={item}" in get(borrower, f"{case}/talks/{item}")


def test_a_stranger_finds_no_letter(app: Flask, stranger: FlaskClient, household: Household) -> None:
    for letter in LETTERS:
        where = place(app, household, letter)
        assert stranger.get(where).status_code == 404
        assert stranger.post(where, data={"text": "x", "language": "en", "step": "txt"}).status_code == 404


def test_rows_of_another_case_are_not_found_in_ones_own(
    app: Flask, stranger: FlaskClient, household: Household
) -> None:
    item, own = planned(app, household), f"/c/{household.stranger_case_id}/letters"
    for letter in LETTERS:
        for about in (f"item={item}", f"loan={household.loan_ids['haier']}"):
            assert stranger.get(f"{own}/{letter}?{about}").status_code == 404
            assert stranger.post(f"{own}/{letter}?{about}", data=ticks()).status_code == 404


@pytest.mark.parametrize("key", ["x", "-1", "1e3", "9" * 18, "١"])
def test_a_key_no_row_can_have_is_not_found(borrower: FlaskClient, household: Household, key: str) -> None:
    assert borrower.get(f"/c/{household.case_id}/letters/hold?loan={key}").status_code == 404
    assert borrower.get(f"/c/{household.case_id}/letters?item={key}").status_code == 404


def test_a_letter_there_is_not_is_not_found(borrower: FlaskClient, household: Household) -> None:
    assert borrower.get(f"/c/{household.case_id}/letters/threat").status_code == 404


def test_a_viewer_reads_but_takes_nothing_away(app: Flask, viewer: FlaskClient, household: Household) -> None:
    where = place(app, household, "reduce")
    page = get(viewer, where)
    assert "I want to repay" in letter_in(page)
    assert "Download" not in page
    assert re.search(r'<textarea id="text"[^>]* readonly', page)
    assert viewer.post(where, data={"text": "x", "language": "en", "step": "txt"}).status_code == 403
    complaint = get(viewer, address(household, "complaint", loan=household.loan_ids["haier"]))
    assert "Only the borrower can write this letter" in complaint
    with app.app_context():
        db.session.delete(db.session.scalars(select(Proposal)).one())
        db.session.commit()
    assert "Begin a plan" not in get(viewer, address(household, "reduce"))
