"""The facts behind the report of outcomes: of what stood on which day, of whom, and of nobody who took their consent back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import select

from planner.caseload import outcomes
from planner.caseload.outcomes import Book, Span, Talks, Watched, closed_spans, outcomes_of, span_of
from planner.engine.outcomes import Cell, Shown, rounded, step_of
from planner.extensions import db
from planner.loans import services as loans
from planner.models import Case, Consent, Loan, Part, Reminder, ReminderKind, Response, Role, Share
from tests.agency import Desk, give_consent, make_desk
from tests.factories import CREATED, Household, add_member, make_user
from tests.lender import Plan, share_plan

NOW = datetime(2026, 12, 9, 4, tzinfo=UTC)
ZONE = "Asia/Shanghai"
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))
ALL = frozenset(Part)


def household_case(household: Household) -> Case:
    return db.session.get_one(Case, household.case_id)


def watched(household: Household, first: date = date(2026, 12, 5), last: date = date(2026, 12, 9)) -> Watched:
    return Watched(household_case(household), ALL, first, first, last)


def owed(household: Household) -> list[Loan]:
    return list(db.session.scalars(select(Loan).where(Loan.case_id == household.case_id).order_by(Loan.id)))


def report_of(desk: Desk, span: Span = YEAR, now: datetime = NOW) -> outcomes.Report:
    return outcomes_of(desk.agency_id, span, now, ZONE)


def test_only_quarters_and_years_that_are_over_can_be_asked_for() -> None:
    today = date(2026, 12, 31)
    spans = closed_spans(today)
    assert [span.key for span in spans][:5] == ["2026-Q3", "2026-Q2", "2026-Q1", "2025-Q4", "2025-Q3"]
    assert [span.key for span in spans][-3:] == ["2025", "2024", "2023"]
    assert all(span.last < today for span in spans)
    assert spans[0] == Span(date(2026, 7, 1), date(2026, 9, 30))
    assert spans[-3] == Span(date(2025, 1, 1), date(2025, 12, 31))
    assert closed_spans(date(2027, 1, 1))[0].key == "2026-Q4"
    assert span_of("2025-Q4", today) == Span(date(2025, 10, 1), date(2025, 12, 31))
    for wrong in (None, "", "2026-Q4", "2026", "2026-08", "2026-07-15", "2019-Q1", "soon"):
        assert span_of(wrong, today) == spans[0]


def test_quarters_of_one_kind_share_no_day_and_leave_none_out() -> None:
    quarters = closed_spans(date(2026, 12, 9))[:8]
    for later, earlier in pairwise(quarters):
        assert earlier.last + timedelta(days=1) == later.first


def test_what_is_overdue_is_that_of_the_day_whatever_was_paid_since(context: Flask, household: Household) -> None:
    micro = db.session.get_one(Loan, household.loan_ids["micro"])
    book = Book(watched(household), owed(household), [])
    due = loans.position(micro, date(2026, 12, 9)).ledger.arrears_minor
    assert due > 0
    assert book.overdue(date(2026, 12, 5)) == {"CNY": 0}, "due on that very day"
    assert book.overdue(date(2026, 12, 6)) == {"CNY": due}
    loans.add_payment(micro, due - 100, date(2026, 12, 8))
    book = Book(watched(household), owed(household), [])
    assert book.overdue(date(2026, 12, 7)) == {"CNY": due}
    assert book.overdue(date(2026, 12, 8)) == {"CNY": 100}
    micro.closed_on = date(2026, 12, 8)
    assert Book(watched(household), owed(household), []).overdue(date(2026, 12, 9)) == {"CNY": 0}


def test_a_named_day_came_true_unless_its_instalment_was_paid_by_then(context: Flask, household: Household) -> None:
    micro = db.session.get_one(Loan, household.loan_ids["micro"])
    day = date(2026, 12, 5)
    assert Book(watched(household), owed(household), []).came_true(day) is True
    late = loans.add_payment(micro, loans.position(micro, day).ledger.left_minor, day + timedelta(days=1))
    assert Book(watched(household), owed(household), []).came_true(day) is True
    late.paid_on = day
    assert Book(watched(household), owed(household), []).came_true(day) is False
    assert Book(watched(household), owed(household), []).came_true(date(2026, 12, 7)) is None, "nothing was due"


def test_a_plan_counts_once_with_its_last_answer_within_the_days(app: Flask, household: Household) -> None:
    with app.app_context():
        plan: Plan = share_plan(household)
        shares = list(db.session.scalars(select(Share)))
        said = [
            Response(case_id=household.case_id, item_id=plan.item_id, share_id=None, kind=kind, source="phone",
                     said_at=NOW + timedelta(days=days), created_at=NOW)
            for kind, days in (("counter", 3), ("accept", 9))
        ]  # fmt: skip
        db.session.add_all(said)
        db.session.flush()

        def talks(last: date) -> Talks:
            return Talks(watched(household, last=last), shares * 2, said)

        assert talks(date(2026, 12, 10)).answers == ("unanswered",)
        assert talks(date(2026, 12, 13)).answers == ("counter",)
        assert talks(date(2026, 12, 31)).answers == ("accept",)
        assert talks(date(2026, 12, 31)).reply_days == (3,)
        assert talks(date(2026, 12, 8)).answers == (), "not sent yet"


@pytest.fixture
def desk(context: Flask, household: Household) -> Desk:
    return make_desk()


def copies(desk: Desk, count: int, *, days: int = 90) -> list[Consent]:
    """So many more households with an overdue loan, each with consent for counsellor Lin."""
    made = []
    for n in range(count):
        user = make_user(f"copy{n}@example.org")
        case = Case(currency="CNY", timezone=ZONE, locale="en", created_at=CREATED)
        db.session.add(case)
        db.session.flush()
        add_member(case, user, Role.BORROWER)
        source = db.session.scalars(select(Loan).where(Loan.creditor == "快惠小贷").limit(1)).one()
        db.session.add(Loan(case_id=case.id, creditor="快惠小贷", currency="CNY", terms=source.terms, paid_before=5,
                            created_at=CREATED))  # fmt: skip
        db.session.add(Reminder(case_id=case.id, key="radar:2026-12-05:1", kind=ReminderKind.RADAR, channel="app",
                                due_on=date(2026, 12, 5), step=-3, fire_at=CREATED, created_at=CREATED))  # fmt: skip
        made.append(give_consent(case.id, desk, desk.lin_id, days=days, name=f"Copy {n}"))
    db.session.flush()
    return made


def test_the_report_of_an_agency_counts_its_clients_and_their_days(desk: Desk, household: Household) -> None:
    copies(desk, 6)
    found = report_of(desk)
    assert found.course.total == Cell(Shown.EXACT, 5), "6, to fives"
    assert found.course.parts["worse"] == Cell(Shown.EXACT, 5)
    assert found.days.parts["came_true"] == Cell(Shown.EXACT, 5)
    [sums] = found.overdue
    assert sums.then == Cell(Shown.EXACT, 0)
    assert sums.now.value is not None
    assert int(sums.now.value) > 0


def test_who_took_their_consent_back_is_a_number_and_nothing_of_them_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = copies(desk, 11)
    for consent in made[:5]:
        consent.ended_at = NOW - timedelta(days=1)
    db.session.flush()
    read: list[int] = []
    real = outcomes._by_case
    monkeypatch.setattr(outcomes, "_by_case", lambda model, keys: read.extend(keys) or real(model, keys))
    found = report_of(desk)
    assert (found.course.total.value, found.withdrawn.value) == (5, 5)
    assert set(read) == {consent.case_id for consent in made[5:]}


def test_a_consent_handed_over_within_the_agency_is_not_withdrawn(desk: Desk) -> None:
    made = copies(desk, 5)
    made[0].ended_at = NOW - timedelta(days=1)
    db.session.flush()
    give_consent(made[0].case_id, desk, desk.chen_id)
    assert report_of(desk).course.total.value == 5


def test_an_expired_consent_counts_up_to_its_end_and_not_in_later_months(desk: Desk) -> None:
    copies(desk, 5, days=2)  # from 5 December: over before the loan was two days late
    later = datetime(2027, 2, 9, tzinfo=UTC)
    found = report_of(desk, Span(date(2026, 12, 1), date(2027, 2, 28)), later)
    assert found.course.total.value == 5
    loan = db.session.scalars(select(Loan).where(Loan.creditor == "快惠小贷").order_by(Loan.id.desc()).limit(1)).one()
    each = loans.ledger_on(loan, date(2026, 12, 6), None).arrears_minor
    assert found.overdue[0].now.value == rounded(5 * each, step_of([each], "CNY"))
    assert report_of(desk, Span(date(2027, 1, 1), date(2027, 2, 28)), later).course.total == Cell(Shown.EXACT, 0)


def test_parts_that_are_not_shared_are_not_read_into_any_figure(desk: Desk) -> None:
    for consent in copies(desk, 5):
        consent.parts = [Part.BUDGET]
    db.session.flush()
    found = report_of(desk)
    assert found.course.parts["unknown"] == Cell(Shown.EXACT, 5)
    assert found.days.total == Cell(Shown.EXACT, 0)
    assert found.overdue == ()


def test_another_agency_s_clients_are_in_no_figure(desk: Desk) -> None:
    copies(desk, 5)
    other = Desk(desk.agency_id + 1, 0, 0, 0)
    assert report_of(other).course.total == Cell(Shown.EXACT, 0)


def test_two_reports_do_not_tell_what_one_client_owes(desk: Desk) -> None:
    """Five clients to the end of the year, a sixth from January; then one of them takes their consent back."""
    made = copies(desk, 6, days=300)
    for consent in made[:5]:
        consent.given_at = datetime(2026, 12, 10, tzinfo=UTC)
    made[5].given_at = datetime(2027, 1, 15, tzinfo=UTC)
    db.session.flush()
    now = datetime(2027, 4, 10, tzinfo=UTC)
    loan = db.session.scalars(select(Loan).where(Loan.case_id == made[5].case_id)).one()
    owes = loans.ledger_on(loan, date(2027, 1, 15), None).arrears_minor
    assert owes == 53_542, "what the attack found to the cent"
    older, newer = (report_of(desk, span_of(key, date(2027, 4, 10)), now) for key in ("2026-Q4", "2027-Q1"))
    made[0].ended_at = now
    db.session.flush()
    again = report_of(desk, span_of("2027-Q1", date(2027, 4, 10)), now)
    for one, other in ((older, newer), (newer, again)):
        assert one.course == other.course
        assert one.overdue[0].then == other.overdue[0].then
        assert one.answers == other.answers
