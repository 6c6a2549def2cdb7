"""The talks: from a counter-offer to a new schedule; success, bad input, another user, a weaker role."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.documents import plain
from planner.engine.money import currency
from planner.extensions import db
from planner.loans import services as loans
from planner.models import Arrangement, Case, Confirmation, Evidence, Loan, Payment, ProposalItem, Response
from planner.radar import services as radar
from planner.reminders import picture, wishes
from planner.sharing import services as sharing
from tests.factories import Household
from tests.lender import REDUCE, Plan, item_of, make_plan, share_plan, stored_share, visitor
from tests.pages import get, post, words

TODAY = date(2026, 12, 9)
CONFIRM = {
    "basis": "offer", "received_on": "2026-12-09", "reference": "HF-77", "amount": "y", "dates": "y", "review_on": "2027-03-09",
    "interest_fees": "16.2% a year goes on", "waived_silent": "y", "credit_record": "reported as rearranged",
    "breach": "the contract comes back",
}  # fmt: skip
LOGGED = {"source": "phone", "kind": "accept", "person": "Ms Li, claims", "said_on": "2026-12-09", "said_time": "8:05"}


def answered(app: Flask, plan: Plan, **form: str) -> None:
    """The lender answers on the page."""
    reader = visitor(app)
    get(reader, plan.link)
    post(reader, f"{plan.link}/answer", {"person": "Li Wei", "step": "send"} | form, status=303)


def position(app: Flask, household: Household) -> loans.LoanPosition:
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["haier"])
        assert loan is not None
        return loans.position(loan, TODAY)


def test_the_ledger_says_where_it_stands_at_each_step(
    app: Flask, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    text = words(get(borrower, talk))
    assert "Shared, not opened yet" in text
    assert "A reply is due by 23 Dec 2026." in text
    get(visitor(app), shared.link)
    text = words(get(borrower, talk))
    for line in ("Opened, no reply yet", "Opened once", "Firefox Windows", "Link made", "Plan begun"):
        assert line in text
    answered(app, shared, kind="accept")
    text = words(get(borrower, talk))
    assert "Accepted, not yet in writing" in text
    assert "Ask for it in writing. Nothing changes until you have it." in text


def test_a_draft_is_to_be_shared_and_a_late_reply_asked_for(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    with app.app_context():
        stored_share(shared).created_at -= timedelta(days=15)
        db.session.commit()
    assert "A reply was due by 8 Dec 2026." in words(get(borrower, talk))
    with app.app_context():
        db.session.delete(stored_share(shared))
        db.session.commit()
    assert "Share the plan with this lender." in words(get(borrower, talk))
    assert "Not shared yet" in words(get(borrower, f"/c/{household.case_id}/talks"))


def test_all_talks_take_the_same_number_of_queries(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, count_queries: Callable[[], int]
) -> None:
    def queries() -> int:
        before = count_queries()
        get(borrower, f"/c/{household.case_id}/talks")
        return count_queries() - before

    queries()
    one = queries()
    with app.app_context():
        for _ in range(4):
            share_plan(household, plan=make_plan(household))
    assert queries() <= one + 1


def test_nothing_changes_until_the_written_word_is_recorded(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    before = position(app, household)
    answered(app, shared, kind="accept")
    post(borrower, f"{talk}/answer", LOGGED, status=303)
    after = position(app, household)
    assert (after.agreed, after.schedule) == (None, before.schedule)


def test_the_agreement_becomes_the_schedule_everywhere(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    answered(app, shared, kind="accept", reference="HF-77")
    page = get(borrower, f"{talk}/confirmation")
    assert 'value="HF-77"' in page
    assert "9 payments from 18 Jan 2027 to 18 Sep 2027, the first ¥1,240, ¥11,115.57 in all." in words(page)
    post(borrower, f"{talk}/confirmation", CONFIRM, status=303)
    here = position(app, household)
    assert here.agreed is not None
    assert (here.agreed.settled, here.paid_in_order) == (6, 5)
    # The December instalment is paid as the contract has it; then nine agreed ones.
    assert [row.instalment.payment_minor for row in here.ledger.rows[5:]] == [181667, *[124000] * 8, 119557]
    assert [row.instalment.n for row in here.ledger.rows] == list(range(1, 16))
    assert here.left_minor == 181667 + 1111557
    with app.app_context():
        case = db.session.get(Case, household.case_id)
        assert case is not None
        radar.set_balance(case, 170309, TODAY)
        seen = radar.look(case, TODAY)
        assert seen is not None
        assert {flow.role for flow in seen.flows if flow.key == f"loan-{here.loan.id}"} == {"arrangement"}
    text = words(get(borrower, f"/c/{household.case_id}/loans/{household.loan_ids['haier']}"))
    for line in (
        "As agreed on 9 Dec 2026",
        "Written confirmation HF-77.",
        "Look at it again on 9 Mar 2027.",
        "15. 18 Sep",
    ):
        assert line in text
    assert "Try something out" not in text
    assert "Agreement running" in words(get(borrower, talk))
    assert "reported as rearranged" in words(get(borrower, talk))
    assert "18 Jan" in words(get(borrower, f"/c/{household.case_id}/budget?month=2027-01"))


def agree(borrower: FlaskClient, talk: str, **change: str) -> None:
    post(borrower, f"{talk}/confirmation", CONFIRM | change, status=303)


def test_pages_that_only_know_the_contract_say_so(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    agree(borrower, talk)
    loan = f"/c/{household.case_id}/loans/{household.loan_ids['haier']}"
    for path in ("what-if", "what-if?kind=extra&extra=500", "payoff", "payoff?on=2026-12-20"):
        text = words(get(borrower, f"{loan}/{path}"))
        assert "An agreement is running" in text
        assert "Not worked out yet" not in text
    get(borrower, f"/c/{household.case_id}/payoff")


def test_payments_count_for_the_agreed_instalments(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    agree(borrower, talk)
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["haier"])
        assert loan is not None
        for paid_on, amount in ((date(2026, 12, 18), 181667), (date(2027, 1, 18), 124000)):
            db.session.add(Payment(case_id=loan.case_id, loan=loan, amount_minor=amount, paid_on=paid_on,
                                   purpose="principal_shorter", created_at=datetime.now(UTC)))  # fmt: skip
        db.session.commit()
        here = loans.position(loan, date(2027, 1, 19))
    assert here.paid_in_order == 7
    assert here.next is not None
    assert here.next.instalment.due_date == date(2027, 2, 18)
    assert here.left_minor == 1111557 - 124000


def test_a_part_paid_before_is_not_asked_for_again(app: Flask, household: Household, borrower: FlaskClient) -> None:
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["haier"])
        assert loan is not None
        db.session.add(Payment(case_id=loan.case_id, loan=loan, amount_minor=181667 + 50000, paid_on=date(2026, 12, 8),
                               purpose="instalment", created_at=datetime.now(UTC)))  # fmt: skip
        db.session.commit()
        before = loans.position(loan, TODAY)
        plan = share_plan(household)
        request = sharing.document(stored_share(plan)).main
    post(borrower, f"/c/{household.case_id}/talks/{plan.item_id}/confirmation", CONFIRM, status=303)
    here = position(app, household)
    assert before.ledger.rows[6].paid_minor == 50000
    assert here.left_minor == sum(row.payment_minor for row in request.rows)


def test_reminders_follow_the_agreed_dates(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    agree(borrower, talk)
    with app.app_context():
        case = db.session.get(Case, household.case_id)
        assert case is not None
        seen = picture.look(wishes.wishes_of(case), datetime(2026, 12, 9, 1, tzinfo=UTC))
        dates = [due.due_on for due in seen.dues() if due.loan == household.loan_ids["haier"] and due.settled is None]
    assert dates == [date(2026, 12, 18), *(date(2027, month, 18) for month in range(1, 10))]


def test_ending_it_brings_the_contract_back(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    before = position(app, household)
    agree(borrower, talk)
    with app.app_context():
        key = db.session.scalar(select(Arrangement.id))
    address = f"/c/{household.case_id}/agreements/{key}/end"
    assert "Why does it no longer hold?" in get(borrower, address)
    assert "Choose one of the options" in post(borrower, address, {"reason": "bored"}, status=422)
    post(borrower, address, {"reason": "broken"}, status=303)
    after = position(app, household)
    assert (after.agreed, after.ledger.rows) == (None, before.ledger.rows)
    text = words(get(borrower, talk))
    assert "Agreement not kept" in text
    assert "Change the plan" in text
    get(borrower, address, 404)


def test_an_agreed_payment_missed_is_noticed_calmly(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    agree(borrower, talk)
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["haier"])
        assert loan is not None
        db.session.add(Payment(case_id=loan.case_id, loan=loan, amount_minor=181667, paid_on=date(2026, 12, 18),
                               purpose="instalment", created_at=datetime.now(UTC)))  # fmt: skip
        db.session.commit()
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=datetime(2027, 1, 21, 1, tzinfo=UTC))
    assert "Agreement running" in words(get(borrower, talk))
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=datetime(2027, 1, 22, 1, tzinfo=UTC))
    text = words(get(borrower, talk))
    assert "An agreed payment was not made. Tell them early; a new plan is better than silence." in text
    assert "Start again from the contract" in text
    loan_page = words(get(borrower, f"/c/{household.case_id}/loans/{household.loan_ids['haier']}"))
    assert "An agreed instalment is not paid yet." in loan_page


# Counter-offers.


def test_a_counter_offer_is_tested_at_once(app: Flask, borrower: FlaskClient, shared: Plan, talk: str) -> None:
    answered(app, shared, kind="counter", amount="1300")
    text = words(get(borrower, talk))
    assert "They offer something else" in text
    assert "Each instalment: ¥1,300" in text
    assert re.search(r"It fits your money\.|It does not fit from", text)
    assert re.search(r"¥[\d,.]+ (more|less) in all than your offer\.", text)


def test_one_that_cannot_be_paid_says_from_when_not(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    answered(app, shared, kind="counter", amount="6000", first_on="2027-01-18")
    text = words(get(borrower, talk))
    assert "It does not fit from" in text
    assert "Change the plan" in text


def test_one_tap_makes_it_the_next_offer(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    answered(app, shared, kind="counter", amount="1300")
    where = post(borrower, f"{talk}/counter-offer", {}, status=303)
    assert where.endswith(f"/plans/{shared.proposal_id}/preview?n=1") or "/preview?n=" in where
    with app.app_context():
        item = db.session.get(ProposalItem, shared.item_id)
        assert item is not None
        assert item.asked is not None
        assert item.asked["amount"] == "1300.00"
        assert db.session.scalar(select(Response.seen_at)) is not None
        assert loans.position(item.loan, TODAY).agreed is None


def test_without_a_counter_offer_there_is_nothing_to_take_over(borrower: FlaskClient, talk: str) -> None:
    post(borrower, f"{talk}/counter-offer", {}, status=409)


def test_terms_that_cannot_be_worked_out_are_said_so(
    app: Flask, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    answered(app, shared, kind="counter", amount="1")
    assert "These terms cannot be worked out" in words(get(borrower, talk))
    post(borrower, f"{talk}/counter-offer", {}, status=303)


def test_a_counter_offer_can_be_agreed_to_as_it_is(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    answered(app, shared, kind="counter", amount="1300")
    agree(borrower, talk, basis="counter")
    here = position(app, household)
    assert here.ledger.rows[6].instalment.payment_minor == 130000


# Answers noted, words recorded.


def test_a_call_is_kept_with_time_person_and_words(app: Flask, borrower: FlaskClient, shared: Plan, talk: str) -> None:
    post(
        borrower, f"{talk}/answer", LOGGED | {"kind": "counter", "amount": "1300", "text": "1,300 would do"}, status=303
    )
    text = words(get(borrower, talk))
    for said in ("Counter-offer", "9 Dec 08:05", "Ms Li, claims, by phone or in person", "1,300 would do"):
        assert said in text
    with app.app_context():
        [row] = db.session.scalars(select(Response))
        assert (row.source, row.share_id, row.seen_at is not None) == ("phone", None, True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"source": "pigeon"}, "Choose one of the options"),
        ({"person": ""}, "Enter the name, or what they called themselves"),
        ({"said_on": ""}, "Enter the day, such as 2026-12-18"),
        ({"said_on": "2027-12-09"}, "This day is still to come"),
        ({"said_time": "25:00"}, "Enter the time as 14:30"),
        ({"kind": "ask"}, "Write your question"),
        ({"kind": "counter"}, "Enter what you would agree to"),
    ],
)
def test_a_bad_note_is_not_kept(
    app: Flask, borrower: FlaskClient, talk: str, change: dict[str, str], sentence: str
) -> None:
    assert sentence in words(post(borrower, f"{talk}/answer", LOGGED | change, status=422))
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Response)) == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reference": ""}, "Choose the file, or enter the reference of the letter or message."),
        ({"amount": ""}, "If it says something else, record that as their counter-offer first"),
        ({"dates": ""}, "If it says something else, record that as their counter-offer first"),
        ({"breach": ""}, "Write what it says, or tick that it says nothing about it"),
        ({"received_on": "2026-12-10"}, "Enter a date between"),
        ({"received_on": ""}, "Enter the day it came"),
        ({"review_on": "2020-01-01"}, "Enter a date between"),
        ({"basis": "counter"}, "There is no such offer."),
        ({"basis": "x"}, "Choose one of the options"),
        ({"evidence": "999"}, "Choose one of the options"),
    ],
)
def test_an_incomplete_word_changes_nothing(
    app: Flask, household: Household, borrower: FlaskClient, talk: str, change: dict[str, str], sentence: str
) -> None:
    form = {key: value for key, value in (CONFIRM | change).items() if value}
    assert sentence in words(post(borrower, f"{talk}/confirmation", form, status=422))
    assert position(app, household).agreed is None
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Confirmation)) == 0


def test_a_file_proves_it_too_but_only_one_of_this_case(
    app: Flask, household: Household, borrower: FlaskClient, talk: str
) -> None:
    with app.app_context():
        own, other = (
            Evidence(case_id=case, name="letter.pdf", kind="application/pdf", size=3, sha256="0" * 64, stored_as=f"s{case}",
                     created_at=datetime.now(UTC))
            for case in (household.case_id, household.stranger_case_id)
        )  # fmt: skip
        db.session.add_all([own, other])
        db.session.commit()
        keys = own.id, other.id
    form = {key: value for key, value in CONFIRM.items() if key != "reference"}
    post(borrower, f"{talk}/confirmation", form | {"evidence": str(keys[1])}, status=422)
    post(borrower, f"{talk}/confirmation", form | {"evidence": str(keys[0])}, status=303)
    assert position(app, household).agreed is not None


def test_of_two_recorded_at_once_the_second_is_told(app: Flask, borrower: FlaskClient, talk: str) -> None:
    version = re.search(r'name="version" value="(\d+)"', get(borrower, f"{talk}/confirmation")).group(1)  # type: ignore[union-attr]
    post(borrower, f"{talk}/confirmation", CONFIRM | {"version": version}, status=303)
    text = post(borrower, f"{talk}/confirmation", CONFIRM | {"version": version, "breach": "mine"}, status=409)
    assert "Someone changed this in the meantime" in text
    assert "mine" in text
    post(borrower, f"{talk}/confirmation", CONFIRM, status=409)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Arrangement)) == 1


def test_another_user_finds_nothing_and_a_viewer_changes_nothing(
    app: Flask,
    household: Household,
    borrower: FlaskClient,
    stranger: FlaskClient,
    viewer: FlaskClient,
    shared: Plan,
    talk: str,
) -> None:
    agree(borrower, talk)
    with app.app_context():
        key = db.session.scalar(select(Arrangement.id))
    own = talk.replace(f"/c/{household.case_id}/", f"/c/{household.stranger_case_id}/")
    for address in (talk, own):
        for page in ("", "/answer", "/confirmation"):
            get(stranger, address + page, 404)
        for page, form in (("/answer", LOGGED), ("/confirmation", CONFIRM), ("/counter-offer", {}), ("/seen", {})):
            post(stranger, address + page, form, status=404)
    post(stranger, f"/c/{household.stranger_case_id}/agreements/{key}/end", {"reason": "broken"}, status=404)
    get(viewer, talk)
    get(viewer, f"/c/{household.case_id}/talks")
    for page, form in (("/answer", LOGGED), ("/confirmation", CONFIRM), ("/counter-offer", {}), ("/seen", {})):
        post(viewer, talk + page, form, status=403)
    post(viewer, f"/c/{household.case_id}/agreements/{key}/end", {"reason": "broken"}, status=403)
    assert position(app, household).agreed is not None


def test_looking_changes_nothing(app: Flask, borrower: FlaskClient, shared: Plan, talk: str) -> None:
    answered(app, shared, kind="ask", text="Payslips?")
    for page in ("", "/answer", "/confirmation"):
        get(borrower, talk + page)
    with app.app_context():
        assert db.session.scalar(select(Response.seen_at)) is None


# Several versions: an answer is about the one its link showed.


def second_version(app: Flask, household: Household, shared: Plan, amount: int = 100_000) -> Plan:
    """The same plan with a lower instalment, shared an hour later; the first link stays open."""
    with app.app_context():
        later = timedelta(hours=1)
        share = stored_share(shared)
        share.created_at -= later
        plan = share.version.proposal
        written = plain.write(replace(REDUCE, amount_minor=amount), currency("CNY"))
        item_of(plan, household.loan_ids["haier"]).asked = written
        db.session.flush()
        return share_plan(household, plan=plan)


def test_an_answer_on_an_older_link_is_about_what_that_link_showed(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    second_version(app, household, shared)
    answered(app, shared, kind="accept")
    text = words(get(borrower, talk))
    assert "This answers version 1, not version 2, which you shared later." in text
    assert "on the shared page, about version 1" in text
    text = words(get(borrower, f"{talk}/confirmation"))
    assert "My offer version 1, 9 Dec 2026 9 payments from 18 Jan 2027 to 18 Sep 2027, the first ¥1,240" in text
    agree(borrower, talk)
    assert position(app, household).ledger.rows[6].instalment.payment_minor == 124000


def test_a_counter_offer_on_an_older_link_is_completed_and_weighed_with_what_it_showed(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    second_version(app, household, shared)
    # From 18 Feb on, 1,240 each as version 1 has it: 1,111,557 and the later start's interest against version 1's own.
    answered(app, shared, kind="counter", first_on="2027-02-18")
    agree(borrower, talk, basis="counter")
    rows = position(app, household).ledger.rows
    assert [row.instalment.due_date for row in rows[5:8]] == [date(2026, 12, 18), date(2027, 1, 18), date(2027, 2, 18)]
    assert [row.instalment.payment_minor for row in rows[5:8]] == [181667, 181667, 124000]


def test_the_same_terms_as_the_answered_version_cost_nothing_more(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    second_version(app, household, shared)
    answered(app, shared, kind="counter", amount="1240")
    assert "In all it comes to the same as your offer." in words(get(borrower, talk))


def test_what_is_shared_after_an_answer_is_on_the_table_again(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    answered(app, shared, kind="accept")
    with app.app_context():
        db.session.scalars(select(Response)).one().said_at -= timedelta(minutes=30)
        db.session.commit()
    second_version(app, household, shared)
    page = get(borrower, f"{talk}/confirmation")
    assert "My offer version 2, 9 Dec 2026" in words(page)
    assert "What counts is what they answered" not in words(get(borrower, talk))
    # The written word may still be about the first one.
    assert 'value="version-1"' in page
    assert "Choose one of the options" in post(borrower, f"{talk}/confirmation", CONFIRM | {"basis": "version-7"}, 422)
    agree(borrower, talk, basis="version-1")
    assert position(app, household).ledger.rows[6].instalment.payment_minor == 124000


def test_a_call_is_about_what_had_been_shared_by_then(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    second_version(app, household, shared)
    # The first link was made at 07:12, the second at 08:12.
    post(borrower, f"{talk}/answer", LOGGED | {"said_time": "07:30"}, status=303)
    assert "by phone or in person, about version 1" in words(get(borrower, talk))
    post(borrower, f"{talk}/answer", LOGGED | {"said_time": "08:12", "person": "Mr Wu"}, status=303)
    assert "Mr Wu, by phone or in person, about version 2" in words(get(borrower, talk))


def test_an_older_link_says_that_there_is_a_newer_version(app: Flask, household: Household, shared: Plan) -> None:
    notice = "There is a newer version of this plan"
    assert notice not in words(get(visitor(app), shared.link))
    newer, reader = second_version(app, household, shared), visitor(app)
    text = words(get(reader, shared.link))
    assert notice in text
    assert "an answer here is about version 1." in text
    assert "Your answer" in text
    form = {"kind": "accept", "person": "Li Wei", "step": "check"}
    assert notice in words(post(reader, f"{shared.link}/answer", form, status=200))
    assert notice not in words(get(visitor(app), newer.link))
    with app.app_context():
        sharing.revoke(stored_share(newer), datetime.now(UTC))
        db.session.commit()
    assert notice not in words(get(visitor(app), shared.link))


# A counter-offer is worked out as of the day on which it was said.


def on_day(app: Flask, day: date) -> None:
    app.config["SETTINGS"] = replace(
        app.config["SETTINGS"], fixed_now=datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    )


@pytest.fixture
def countered(app: Flask, household: Household, shared: Plan) -> None:
    """The lender asks for 1,300 instead of 1,240 from 18 Jan on; it is 20 Jan now, and December is paid."""
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["haier"])
        assert loan is not None
        db.session.add(Payment(case_id=loan.case_id, loan=loan, amount_minor=181667, paid_on=date(2026, 12, 18),
                               purpose="instalment", created_at=datetime.now(UTC)))  # fmt: skip
        db.session.commit()
    on_day(app, date(2027, 1, 6))
    answered(app, shared, kind="counter", amount="1300")
    on_day(app, date(2027, 1, 20))


@pytest.mark.usefixtures("countered")
def test_it_is_tested_and_confirmed_after_its_first_day(
    app: Flask, household: Household, borrower: FlaskClient, talk: str
) -> None:
    text = words(get(borrower, talk))
    # 10,402.46 owed at the contract's 16.2165 % a year: 8 x 1,300 and 685.44, against 8 x 1,240 and 1,195.57.
    assert "¥30.13 less in all than your offer." in text
    terms = "9 payments from 18 Jan 2027 to 18 Sep 2027, the first ¥1,300, ¥11,085.44 in all."
    assert terms in words(get(borrower, f"{talk}/confirmation"))
    agree(borrower, talk, basis="counter", received_on="2027-01-19", review_on="2027-04-18")
    here = position(app, household)
    assert [row.instalment.payment_minor for row in here.ledger.rows[5:8]] == [181667, 130000, 130000]


def pay_in_january(app: Flask, household: Household) -> None:
    """1,300 on the consumer loan, on the day on which the counter-offer's first instalment is due."""
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["haier"])
        assert loan is not None
        db.session.add(Payment(case_id=loan.case_id, loan=loan, amount_minor=130000, paid_on=date(2027, 1, 18),
                               purpose="instalment", created_at=datetime.now(UTC)))  # fmt: skip
        db.session.commit()


@pytest.mark.usefixtures("countered")
def test_what_was_paid_since_counts_for_it(app: Flask, household: Household, borrower: FlaskClient, talk: str) -> None:
    pay_in_january(app, household)
    agree(borrower, talk, basis="counter", received_on="2027-01-19", review_on="2027-04-18")
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["haier"])
        assert loan is not None
        here = loans.position(loan, date(2027, 1, 20))
    assert here.next is not None
    assert (here.next.instalment.due_date, here.next.left_minor) == (date(2027, 2, 18), 130000)


@pytest.mark.usefixtures("countered")
def test_one_that_has_begun_cannot_be_offered_again_and_says_so(borrower: FlaskClient, talk: str) -> None:
    page = get(borrower, talk)
    assert "The day of its first payment has passed" in words(page)
    assert f"{talk}/counter-offer" not in page
    post(borrower, f"{talk}/counter-offer", {}, status=303)
    assert "The day of its first payment has passed" in words(get(borrower, talk))


@pytest.mark.usefixtures("countered")
def test_a_first_day_that_lay_ahead_when_it_was_said_can_be_noted(borrower: FlaskClient, talk: str) -> None:
    form = LOGGED | {"kind": "counter", "amount": "1300", "first_on": "2027-01-18"}
    assert "Enter a date between" in post(borrower, f"{talk}/answer", form | {"said_on": "2027-01-19"}, status=422)
    post(borrower, f"{talk}/answer", form | {"said_on": "2027-01-07"}, status=303)
    assert "9 payments from 18 Jan 2027" in words(get(borrower, f"{talk}/confirmation"))


# What a counter-offer says together. 10,402.46 is owed on 18 Jan at the contract's own 16.2165 % a year; the offer is 11,115.57.
# By hand: level = owed x i / (1 - (1 + i)^-n), rounded up to the cent; each row's interest rounded half up.


@pytest.mark.parametrize(
    ("said", "schedule", "cost"),
    [
        (
            {"annual_rate": "5", "count": "12"},
            "12 payments from 18 Jan 2027 to 18 Dec 2027, the first ¥890.53, ¥10,686.34",
            "429.23 less",
        ),
        (
            {"amount": "1300", "annual_rate": "5"},
            "9 payments from 18 Jan 2027 to 18 Sep 2027, the first ¥1,300, ¥10,602.21",
            "513.36 less",
        ),
        (
            {"annual_rate": "5"},
            "9 payments from 18 Jan 2027 to 18 Sep 2027, the first ¥1,240, ¥10,611.28",
            "504.29 less",
        ),
        (
            {"amount": "1300", "count": "9"},
            "9 payments from 18 Jan 2027 to 18 Sep 2027, the first ¥1,300, ¥11,085.44",
            "30.13 less",
        ),
        ({"count": "3"}, "3 payments from 18 Jan 2027 to 18 Mar 2027, the first ¥3,561.63, ¥10,684.88", "430.69 less"),
    ],
)
def test_what_is_said_together_is_worked_out_together(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str, said: dict[str, str], schedule: str,
    cost: str,
) -> None:  # fmt: skip
    answered(app, shared, kind="counter", **said)
    text = words(get(borrower, talk))
    assert f"{schedule} in all." in text
    assert f"¥{cost} in all than your offer." in text
    agree(borrower, talk, basis="counter")
    rows = position(app, household).ledger.rows[6:]
    assert f"{len(rows)} payments" in schedule
    with app.app_context():
        rate = db.session.scalars(select(Arrangement)).one().annual_rate
    assert (rate is None) == ("annual_rate" not in said)


def test_as_many_instalments_from_a_later_day_are_as_many(
    app: Flask, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    # 8,726.37 is owed on 18 Feb: twelve of 792.65.
    answered(app, shared, kind="counter", count="12", first_on="2027-02-18")
    assert "12 payments from 18 Feb 2027 to 18 Jan 2028, the first ¥792.65" in words(get(borrower, talk))


@pytest.mark.parametrize(
    "said",
    [
        {"amount": "1000", "count": "24"},  # 1,000 each repays it in 12
        {"amount": "1300", "count": "8"},  # a rest of 685.44 would stay
        {"amount": "1300", "annual_rate": "5", "count": "12"},
    ],
)
def test_what_does_not_fit_together_is_refused_and_said(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, talk: str, said: dict[str, str]
) -> None:
    answered(app, shared, kind="counter", **said)
    sentence = "What they say does not fit together: no one schedule has all of it."
    text = words(get(borrower, talk))
    assert sentence in text
    assert not re.search(r"It fits your money|than your offer", text)
    assert sentence in words(get(borrower, f"{talk}/confirmation"))
    assert sentence in words(post(borrower, f"{talk}/confirmation", CONFIRM | {"basis": "counter"}, status=422))
    post(borrower, f"{talk}/counter-offer", {}, status=303)
    with app.app_context():
        item = db.session.get(ProposalItem, shared.item_id)
        assert item is not None
        assert item.asked is not None
        assert item.asked["amount"] == "1240.00"
    assert position(app, household).agreed is None


def test_several_changes_at_once_can_be_agreed_to_but_not_asked_for(
    app: Flask, borrower: FlaskClient, shared: Plan, talk: str
) -> None:
    answered(app, shared, kind="counter", annual_rate="5", count="12")
    page = get(borrower, talk)
    assert "They change several things at once, and a plan asks for one." in words(page)
    assert f"{talk}/counter-offer" not in page
    post(borrower, f"{talk}/counter-offer", {}, status=303)
    assert "They change several things at once" in words(get(borrower, talk))


# The contract's instalments before a counter-offer begins are on both sides of the comparison, and named. The offer is 11,115.57
# from 18 Jan; from 18 Feb 8,726.37 is owed: 7 x 1,240 and 553.53; from 18 Mar 7,027.62: 5 x 1,240 and 1,161.11.


@pytest.mark.parametrize(
    ("first_on", "cost", "before", "dates"),
    [
        # 9,233.53 + 1,816.67 and 7,361.11 + 2 x 1,816.67 against 11,115.57. December is due whatever is agreed.
        ("2027-02-18", "65.37", "Before that 2 instalments stay due as the contract has them, ¥3,633.34 in all.", 2),
        ("2027-03-18", "121.12", "Before that 3 instalments stay due as the contract has them, ¥5,450.01 in all.", 3),
    ],
)
def test_what_stays_due_before_it_begins_is_counted_and_named(
    app: Flask, borrower: FlaskClient, shared: Plan, talk: str, first_on: str, cost: str, before: str, dates: int
) -> None:
    answered(app, shared, kind="counter", amount="1240", first_on=first_on)
    text = words(get(borrower, talk))
    assert f"¥{cost} less in all than your offer." in text
    named = [f"18 {month} ¥1,816.67" for month in ("Dec 2026", "Jan 2027", "Feb 2027")]
    for page in (text, words(get(borrower, f"{talk}/confirmation"))):
        assert before in page
        assert sum(each in page for each in named) == dates


@pytest.mark.usefixtures("countered")
def test_money_paid_since_is_on_both_sides(app: Flask, household: Household, borrower: FlaskClient, talk: str) -> None:
    pay_in_january(app, household)
    text = words(get(borrower, talk))
    assert "¥30.13 less in all than your offer." in text
    assert "stay due as the contract has" not in text


# A call whose time nobody wrote down. The link was made at 08:12 in China.


def note_counter(borrower: FlaskClient, talk: str, said_on: str) -> str:
    form = LOGGED | {"kind": "counter", "amount": "1300", "said_on": said_on, "said_time": ""}
    post(borrower, f"{talk}/answer", form, status=303)
    return words(get(borrower, talk))


def test_a_call_of_today_without_a_time_is_now(app: Flask, borrower: FlaskClient, shared: Plan, talk: str) -> None:
    with app.app_context():
        stored_share(shared).created_at = datetime(2026, 12, 9, 7, 12, tzinfo=UTC)  # 15:12 in China
        db.session.commit()
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=datetime(2026, 12, 9, 8, 30, tzinfo=UTC))
    text = note_counter(borrower, talk, "2026-12-09")
    assert "They offer something else" in text
    assert "9 Dec 16:30" in text
    assert "Make it my offer" in text or "Use it as a start and adjust" in text


@pytest.mark.parametrize(
    ("shared_at", "said", "answers"),
    [
        (datetime(2026, 12, 9, 7, 12, tzinfo=UTC), "9 Dec 15:12", True),  # a link made that afternoon
        (datetime(2026, 12, 8, 15, 30, tzinfo=UTC), "9 Dec 12:00", True),  # the evening before, 23:30 in China
        (datetime(2026, 12, 9, 16, 30, tzinfo=UTC), "9 Dec 12:00", False),  # the day after, 00:30 in China
    ],
)
def test_a_call_of_a_past_day_without_a_time_is_not_before_that_days_link(
    app: Flask, borrower: FlaskClient, shared: Plan, talk: str, shared_at: datetime, said: str, answers: bool
) -> None:
    with app.app_context():
        stored_share(shared).created_at = shared_at
        db.session.commit()
    on_day(app, date(2026, 12, 11))
    text = note_counter(borrower, talk, "2026-12-09")
    assert said in text
    assert ("They offer something else" in text) == answers
