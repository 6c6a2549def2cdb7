"""The services of a proposal: shares that sum, one frozen value whose figures agree, the test at hard months, a counter-offer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from time import perf_counter

import pytest
from flask import Flask

from planner.documents import sfs_json
from planner.documents.proposal import PARTS, Asked, from_json, to_json
from planner.engine.requests import work_out
from planner.extensions import db
from planner.loans import services as loans
from planner.models import BudgetLine, Case, Evidence, Loan, Proposal, ProposalItem, Response, Share
from planner.proposals import holding, retesting, services
from planner.proposals.drafting import running_of
from tests.conftest import NOW
from tests.factories import Household

TODAY, JANUARY = date(2026, 12, 9), date(2027, 1, 18)


@pytest.fixture
def case(context: Flask, household: Household) -> Case:
    """The household's case, inside an app context."""
    found = db.session.get(Case, household.case_id)
    assert found is not None
    return found


@pytest.fixture
def proposal(case: Case) -> Proposal:
    """A plan for all creditors with 6,400 a month expected."""
    made = services.create(case, None, TODAY, NOW)
    made.new_income_minor, made.cause = 640_000, "income"
    db.session.commit()
    return made


def with_cash(case: Case, minor: int = 170_309) -> None:
    case.balance_minor, case.balance_on = minor, TODAY
    db.session.commit()


@pytest.mark.parametrize("income", range(470_000, 680_000, 13_457))
def test_the_offers_sum_to_the_surplus_to_the_cent(proposal: Proposal, income: int) -> None:
    proposal.new_income_minor = income
    draft = services.find_draft(proposal, TODAY)
    assert draft.available_minor == income - 462_800
    assert draft.offered_minor == draft.available_minor
    assert sum(part.share.amount_minor for part in draft.parts) == draft.available_minor
    assert draft.is_ready


def test_priority_debts_come_first(proposal: Proposal, household: Household) -> None:
    loan = db.session.get(Loan, household.loan_ids["card"])
    assert loan is not None
    loan.is_priority, proposal.new_income_minor = True, 500_000
    draft = services.find_draft(proposal, TODAY)
    assert [part.offered_minor for part in draft.parts if part.loan.is_priority] == [37_200]
    assert [part.is_token for part in draft.parts] == [True, True, False]
    value = services.build_document(proposal, TODAY)
    assert value.budget is not None
    assert value.budget.priority_minor == 37_200


def test_tokens_when_nothing_is_left(proposal: Proposal) -> None:
    proposal.new_income_minor = 400_000
    draft = services.find_draft(proposal, TODAY)
    assert [(part.offered_minor, part.is_token) for part in draft.parts] == [(100, True)] * 3
    assert {part.asked.interest for part in draft.parts if part.asked} == {"waived"}


@pytest.mark.parametrize("income", [462_800, 400_000])
def test_a_priority_debt_is_offered_a_token_too_when_nothing_is_left(
    proposal: Proposal, household: Household, income: int
) -> None:
    loan = db.session.get(Loan, household.loan_ids["card"])
    assert loan is not None
    loan.is_priority, proposal.new_income_minor = True, income
    draft = services.find_draft(proposal, TODAY)
    assert [(part.offered_minor, part.is_token) for part in draft.parts] == [(100, True)] * 3
    value = services.build_document(proposal, TODAY)
    assert value.budget is not None
    assert value.budget.priority_minor == 0
    statement = sfs_json.summary(value)
    overview, debts = statement["overview"], statement["debts"]
    assert overview["total-available-for-non-priority-debts"] == overview["total-available-for-priority-debts"]
    assert debts["token-payments"] == 3


def test_what_the_borrower_set_stays_and_the_rest_is_not_taken_by_others(proposal: Proposal) -> None:
    draft = services.find_draft(proposal, TODAY)
    services.set_amount(draft.parts[0], 100_000)
    after = services.find_draft(proposal, TODAY)
    assert [part.offered_minor for part in after.parts] == [100_000, *(p.offered_minor for p in draft.parts[1:])]
    assert after.left_minor == draft.parts[0].offered_minor - 100_000


def test_a_chosen_request_follows_its_amount(proposal: Proposal) -> None:
    part = services.find_draft(proposal, TODAY).parts[0]
    asked = Asked("reduce_until", 90_000, JANUARY, date(2027, 6, 18), interest="waived")
    services.ask(part.item, asked, work_out(running_of(part.position, TODAY), asked))
    part = services.find_draft(proposal, TODAY).parts[0]
    assert (part.asked, part.why, part.offered_minor) == (asked, None, 90_000)
    services.set_amount(part, 80_000)
    part = services.find_draft(proposal, TODAY).parts[0]
    assert part.asked is not None
    assert (part.asked.kind, part.asked.amount_minor, part.offered_minor) == ("reduce_until", 80_000, 80_000)
    services.set_amount(part, None)
    assert services.find_draft(proposal, TODAY).parts[0].why == "less"


def test_one_version_until_something_changes(proposal: Proposal) -> None:
    first = services.freeze(proposal, TODAY, NOW)
    assert services.freeze(proposal, TODAY, NOW) is first
    assert services.freeze(proposal, date(2026, 12, 10), NOW) is first
    proposal.new_income_minor, proposal.cause_text = 600_000, "停工"  # the offers that went out stay
    second = services.freeze(proposal, date(2026, 12, 10), NOW)
    assert (first.number, second.number) == (1, 2)
    assert services.latest_version(proposal) is second
    value = services.load(second)
    assert (value.created_on, value.reply_by) == (date(2026, 12, 10), date(2026, 12, 24))
    assert value.cause is not None
    assert value.cause.text == "停工"
    before = services.load(first)
    assert value.requests == before.requests
    assert before.cause is not None
    assert before.cause.text is None
    assert (second.sha256, second.value) == (value.sha256, to_json(value))


def test_the_frozen_figures_agree_with_each_other(case: Case, proposal: Proposal) -> None:
    proposal.evidence.append(
        Evidence(
            case_id=case.id,
            name="工资条.pdf",
            kind="application/pdf",
            size=9,
            sha256="ab",
            stored_as="x",
            created_at=NOW,
        )
    )
    db.session.flush()
    value = from_json(services.freeze(proposal, TODAY, NOW).value)
    assert value.budget is not None
    b = value.budget
    assert (
        b.available_minor
        == b.income_minor - b.essential_minor - b.flexible_minor - b.savings_minor
        == value.offered_minor
    )
    for group, total in (("essential", b.essential_minor), ("flexible", b.flexible_minor)):
        assert sum(item.monthly_minor for item in b.items if item.group == group) == total
    assert [item for item in b.items if item.group == "income"] == []  # another sum is expected; it stands as the total
    for request in value.requests:
        share = value.creditor(request.n)
        assert share.offered_minor == request.asked.amount_minor == request.rows[0].payment_minor
        for side, rows in ((request.offer, request.rows), (request.contract, request.contract_rows)):
            assert side.total_minor == sum(row.payment_minor for row in rows)
            assert (side.count, side.first_due, side.last_due) == (len(rows), rows[0].due_on, rows[-1].due_on)
        assert sum(row.principal_minor for row in request.rows) == request.opening_minor
        assert request.arrears_minor or request.opening_minor == share.owed_minor
    assert [e.name for e in value.evidence] == ["工资条.pdf"]
    assert value.copy_for(1, PARTS).main == value.request(1)


def test_a_creditor_whose_request_fails_stands_without_one(proposal: Proposal) -> None:
    draft = services.find_draft(proposal, TODAY)
    part = draft.parts[0]
    asked = Asked("reduce", 100_000, JANUARY)
    services.ask(part.item, asked, work_out(running_of(part.position, TODAY), asked))
    later = date(2027, 2, 1)  # its first day is past by then
    assert services.find_draft(proposal, later).parts[0].error is not None
    assert not services.find_draft(proposal, later).is_ready
    assert 1 not in {request.n for request in services.build_document(proposal, later).requests}


def test_the_guard_finds_the_largest_total_that_holds(case: Case, proposal: Proposal) -> None:
    with_cash(case)
    draft = services.find_draft(proposal, TODAY)
    held = holding.hold(draft)
    largest = held.guard.largest_minor
    assert held.has_cash
    assert largest is not None
    assert largest % 100 == 0
    for total, holds in ((largest, True), (largest + 100, False)):
        for part in draft.sharing:
            services.set_amount(part, holding.amounts_at(draft, total)[part.n])
        tried = services.find_draft(proposal, TODAY)
        assert tried.offered_minor == total
        assert holding.hold(tried).guard.survives is holds


def test_low_incomes_stand_in_for_a_history_that_is_not_there(case: Case, proposal: Proposal) -> None:
    proposal.new_income_minor = None
    assert holding.hold(services.find_draft(proposal, TODAY)).hard.source == "plan"
    wage = next(line for line in db.session.query(BudgetLine) if line.category == "wage")
    wage.low_minor = 500_000
    held = holding.hold(services.find_draft(proposal, TODAY))
    assert (held.hard.source, held.hard.income_minor) == ("low", 580_000)
    assert not held.guard.survives
    assert held.guard.largest_minor == 117_200


def test_the_test_ends_where_the_offers_are_looked_at_again(case: Case, proposal: Proposal) -> None:
    with_cash(case)
    proposal.new_income_minor = 500_000
    held = holding.hold(services.find_draft(proposal, TODAY))
    assert held.last < date(2027, 7, 18)
    assert held.guard.survives


def test_the_guard_is_fast_enough_for_a_page(case: Case, proposal: Proposal) -> None:
    with_cash(case)
    holding.hold(services.find_draft(proposal, TODAY))  # calendars are read once
    start = perf_counter()
    holding.hold(services.find_draft(proposal, TODAY))
    assert perf_counter() - start < 0.15


def item_of(proposal: Proposal, n: int = 1) -> ProposalItem:
    return next(item for item in proposal.items if item.n == n)


def retest(case: Case, proposal: Proposal, asked: Asked) -> services.Retest:
    """The first creditor's terms beside what the plan offers it."""
    own = services.find_draft(proposal, TODAY).parts[0]
    assert own.outcome is not None
    theirs = services.Terms(work_out(running_of(own.position, TODAY), asked), TODAY)
    return services.retest(case, own.item, theirs, services.Terms(own.outcome, TODAY), TODAY)


def test_a_counter_offer_is_tested_beside_the_others(case: Case, proposal: Proposal) -> None:
    with_cash(case)
    ours = services.find_draft(proposal, TODAY).parts[0]
    assert ours.outcome is not None
    less = retest(case, proposal, Asked("reduce", 110_000, JANUARY))
    assert (less.fits, less.not_from) == (True, None)
    assert less.cost_minor > 0
    more = retest(case, proposal, Asked("reduce", 181_667, JANUARY))
    assert not more.fits
    assert more.not_from is not None
    assert more.not_from > JANUARY
    assert more.cost_minor < 0
    assert not more.guard.survives
    same = retest(case, proposal, ours.outcome.asked)
    assert (same.fits, same.cost_minor) == (True, 0)


def test_a_counter_offer_without_a_known_balance_is_weighed_by_the_month(case: Case, proposal: Proposal) -> None:
    share = services.find_draft(proposal, TODAY).parts[0].share.amount_minor
    assert retest(case, proposal, Asked("reduce", share, JANUARY)).fits
    found = retest(case, proposal, Asked("reduce", share + 1, JANUARY))
    assert (found.fits, found.not_from) == (False, JANUARY)
    settled = retest(case, proposal, Asked("settle", 900_000, on=JANUARY))
    assert (settled.fits, settled.not_from) == (False, JANUARY)
    rate = retest(case, proposal, Asked("rate", from_on=JANUARY, annual_rate=Decimal(0)))
    assert not rate.fits


def test_where_the_talk_with_a_creditor_stands(case: Case, proposal: Proposal) -> None:
    item = item_of(proposal)
    assert services.status_of(item) == "draft"
    version = services.freeze(proposal, TODAY, NOW)
    share = Share(
        case_id=case.id, version=version, token_hash="h", shown=[], creditor_n=1, item_id=item.id, sha256="", view_count=0,
        created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    db.session.add(share)
    db.session.flush()
    assert services.status_of(item) == "shared"
    share.view_count = 1
    assert services.status_of(item) == "viewed"
    for kind in ("ask", "counter"):
        db.session.add(
            Response(case_id=case.id, item_id=item.id, kind=kind, source="phone", said_at=NOW, created_at=NOW)
        )
        db.session.flush()
    assert services.status_of(item) == "counter"
    assert services.status_of(item_of(proposal, 2)) == "draft"


def test_terms_from_today_on_hold_what_the_contract_has_before_less_what_was_paid(
    case: Case, proposal: Proposal
) -> None:
    own = services.find_draft(proposal, TODAY).parts[0]
    terms = services.Terms(work_out(running_of(own.position, TODAY), Asked("reduce", 124_000, JANUARY)), TODAY)

    def rows(today: date) -> list[tuple[date, int]]:
        found = retesting.from_today(loans.position(own.loan, today), terms)
        return [(row.due_date, row.payment_minor) for row in found.rows_after]

    # Nine instalments of the offer, 11,115.57, after December's.
    assert rows(TODAY)[:2] == [(date(2026, 12, 18), 181_667), (JANUARY, 124_000)]
    assert sum(amount for _on, amount in rows(TODAY)) == 181_667 + 1_111_557
    loans.add_payment(own.loan, 200_000, date(2026, 12, 18))
    # 183.33 more than December's; what is left of January's is overdue two days later, so it is paid then.
    assert rows(date(2027, 1, 20))[:2] == [(date(2027, 1, 20), 124_000 - 18_333), (date(2027, 2, 18), 124_000)]
    assert sum(amount for _on, amount in rows(date(2027, 1, 20))) == 181_667 + 1_111_557 - 200_000


def test_an_instalment_left_unpaid_counts_for_whether_a_counter_offer_fits(case: Case, proposal: Proposal) -> None:
    own = services.find_draft(proposal, TODAY).parts[0]
    terms = services.Terms(work_out(running_of(own.position, TODAY), Asked("reduce", 181_000, JANUARY)), TODAY)
    ours = services.Terms(work_out(running_of(own.position, TODAY), Asked("reduce", 20_000, JANUARY)), TODAY)
    later = date(2027, 1, 19)
    case.balance_minor, case.balance_on = 190_000, later
    # December's 1,816.67 and January's 1,810 are both open the day after: 3,626.67 is more than 1,900, and more than under ours.
    found = services.retest(case, own.item, terms, ours, later)
    assert (found.fits, found.not_from) == (False, later)
