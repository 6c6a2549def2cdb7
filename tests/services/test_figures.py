"""The figures kept for caseloads: the same as the pages', marked by whatever changes them, worked out in turn."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select

from planner import clock
from planner.budget import services as budget
from planner.caseload import figures
from planner.extensions import db
from planner.loans import services as loans
from planner.models import (
    BudgetLine,
    CaseFigures,
    CashChange,
    Consent,
    Loan,
    Payment,
    ProposalItem,
    Response,
    ResponseKind,
    ResponseSource,
)
from planner.radar import services as radar
from tests.agency import case_of, give_consent, make_desk
from tests.conftest import NOW
from tests.everyday import leave_everyday_gap
from tests.factories import Household
from tests.lender import share_plan

TODAY = date(2026, 12, 9)


@pytest.fixture
def shared(app: Flask, household: Household) -> Household:
    """The mock-ups' household, its balance known, with a counsellor."""
    with app.app_context():
        case = case_of(household.case_id)
        case.balance_minor, case.balance_on = 170_309, TODAY
        give_consent(case.id, make_desk(), 5)
        db.session.commit()
    return household


def stored(household: Household) -> CaseFigures:
    db.session.expire_all()
    return db.session.get_one(CaseFigures, household.case_id)


def work_out(household: Household, now: datetime = NOW) -> CaseFigures:
    figures.refresh_due(now)
    return stored(household)


def test_they_are_those_of_the_pages(context: Flask, shared: Household) -> None:
    found = work_out(shared)
    case = case_of(shared.case_id)
    positions = loans.positions(case, TODAY)
    seen, month = radar.look(case, TODAY, positions), budget.month_view(case, date(2026, 12, 1), TODAY, positions)
    assert seen is not None
    red = seen.projection.red_days[0]
    assert (found.short_on, found.short_minor) == (red.on, red.short_minor)
    assert figures.short_names(found.short_what) == ["海尔分期"]
    assert (found.lowest_on, found.lowest_minor) == (
        seen.projection.lowest.on, seen.projection.lowest.balance_minor)  # fmt: skip
    assert (found.income_minor, found.living_minor, found.due_minor) == (760_000, 462_800, 275_209)
    assert found.due_minor == month.summary.instalments_minor
    assert (found.owed_minor, found.overdue_days, found.overdue_minor) == (2_111_207, 4, 53_542)
    assert found.chart[0] == ["2026-12-09", seen.projection.at(TODAY)]
    assert len(found.chart) == figures.CHART_DAYS
    assert (found.is_stale, found.day, found.worked_out_at) == (False, TODAY, clock.now())


def test_a_gap_of_everyday_spending_stands_there_as_on_the_radar(context: Flask, shared: Household) -> None:
    leave_everyday_gap(case_of(shared.case_id))
    found = work_out(shared)
    assert (found.short_on, found.short_minor) == (date(2026, 12, 14), 70_000)
    for locale, name in (("en", "everyday spending"), ("zh_Hans_CN", "日常开销")):
        with force_locale(locale):
            assert figures.short_names(found.short_what) == [name]


def test_without_a_balance_there_is_no_shortfall_and_no_curve(context: Flask, shared: Household) -> None:
    case_of(shared.case_id).balance_minor = None
    db.session.commit()
    found = work_out(shared)
    assert (found.has_balance, found.short_on, found.lowest_minor, found.chart) == (False, None, None, [])
    assert found.owed_minor == 2_111_207


def test_talks_give_the_reply_and_the_unread_answer(app: Flask, shared: Household) -> None:
    with app.test_request_context():
        plan = share_plan(shared)
        assert work_out(shared).reply_on == date(2026, 12, 23)
        item = db.session.get_one(ProposalItem, plan.item_id)
        db.session.add(Response(
            case_id=shared.case_id, item_id=item.id, kind=ResponseKind.ASK, source=ResponseSource.LINK, text="?",
            said_at=NOW, created_at=NOW,
        ))  # fmt: skip
        db.session.commit()
        assert stored(shared).is_stale
        found = work_out(shared)
        assert (found.answers, found.reply_on) == (1, None)


def change_line(household: Household) -> None:
    db.session.scalars(select(BudgetLine)).first().amount_minor += 100  # type: ignore[union-attr]


def change_loan(household: Household) -> None:
    db.session.get_one(Loan, household.loan_ids["haier"]).name = "Another"


def pay(household: Household) -> None:
    loan = db.session.get_one(Loan, household.loan_ids["micro"])
    db.session.add(Payment(
        case_id=loan.case_id, loan_id=loan.id, amount_minor=100, paid_on=TODAY, created_at=NOW, purpose="instalment"
    ))  # fmt: skip


def change_balance(household: Household) -> None:
    case_of(household.case_id).balance_minor = 5


def move_a_payment(household: Household) -> None:
    line = db.session.scalars(select(BudgetLine)).first()
    assert line is not None
    db.session.add(CashChange(case_id=household.case_id, line_id=line.id, on=TODAY, created_at=NOW))


@pytest.mark.parametrize("change", [change_line, change_loan, pay, change_balance, move_a_payment])
def test_whatever_changes_the_household_marks_them(context: Flask, shared: Household, change: Any) -> None:
    assert not work_out(shared).is_stale
    change(shared)
    db.session.commit()
    assert stored(shared).is_stale
    assert not work_out(shared).is_stale


def test_a_change_that_was_taken_back_marks_nothing(context: Flask, shared: Household) -> None:
    work_out(shared)
    change_line(shared)
    db.session.flush()
    db.session.rollback()
    assert not stored(shared).is_stale


def test_another_household_is_left_alone(context: Flask, shared: Household) -> None:
    work_out(shared)
    db.session.add(BudgetLine(
        case_id=shared.stranger_case_id, kind="income", category="wage", name="Wage", amount_minor=1, frequency="monthly",
        starts_on=TODAY, created_at=NOW,
    ))  # fmt: skip
    db.session.commit()
    assert not stored(shared).is_stale


def test_the_day_turns_where_the_household_lives(context: Flask, shared: Household) -> None:
    work_out(shared)
    before_midnight = datetime.fromisoformat("2026-12-09T23:59+08:00")
    assert figures.refresh_due(before_midnight) == 0
    assert figures.refresh_due(before_midnight + timedelta(minutes=2)) == 1
    assert stored(shared).day == date(2026, 12, 10)
    assert stored(shared).overdue_days == 5


def test_there_are_rows_only_while_somebody_may_see_them(context: Flask, shared: Household) -> None:
    def count() -> int:
        return db.session.scalar(select(func.count()).select_from(CaseFigures)) or 0

    figures.keep_shared(NOW)
    assert count() == 1, "the other case is shared with nobody"
    consent = db.session.scalars(select(Consent)).one()
    consent.ended_at = NOW
    db.session.commit()
    figures.keep_shared(NOW)
    assert count() == 0


def test_one_that_cannot_be_worked_out_keeps_nobody_waiting(
    context: Flask, shared: Household, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    second_desk = make_second_desk()
    give_consent(shared.stranger_case_id, second_desk, second_desk.lin_id)
    db.session.commit()
    usual = figures.work_out

    def odd(case: Any, now: datetime) -> dict[str, Any]:
        if case.id == min(shared.case_id, shared.stranger_case_id):
            raise ValueError("odd data")
        return usual(case, now)

    monkeypatch.setattr(figures, "work_out", odd)
    assert figures.refresh_due(NOW) == 2
    first, second = sorted((shared.case_id, shared.stranger_case_id))
    db.session.expire_all()
    assert db.session.get_one(CaseFigures, first).is_stale
    assert db.session.get_one(CaseFigures, first).worked_out_at is None
    assert not db.session.get_one(CaseFigures, second).is_stale
    assert f"figures of case {first} could not be worked out" in caplog.text
    monkeypatch.undo()
    assert figures.refresh_due(NOW) == 1
    assert figures.refresh_due(NOW) == 0


def make_second_desk() -> Any:
    from planner.models import Agency, AgencyMember, AgencyRole
    from tests.agency import Desk
    from tests.factories import CREATED, make_user

    agency, user = Agency(name="Other", created_at=CREATED), make_user("other@agency.example")
    db.session.add(agency)
    db.session.flush()
    db.session.add(AgencyMember(agency_id=agency.id, user_id=user.id, role=AgencyRole.COUNSELLOR, created_at=CREATED))
    db.session.flush()
    return Desk(agency.id, user.id, user.id, user.id)


def test_no_more_than_asked_for(context: Flask, shared: Household) -> None:
    assert figures.refresh_due(NOW, 0) == 0
    assert figures.refresh_due(NOW, 1) == 1


@pytest.mark.postgres
def test_two_workers_share_the_work_on_postgres(on_postgres: Flask) -> None:
    from tests.factories import make_household

    with on_postgres.app_context():
        made = make_household()
        give_consent(made.case_id, make_desk(), 5)
        db.session.commit()
        figures.keep_shared(NOW)
        rows = select(CaseFigures.case_id).with_for_update()
        with db.session.get_bind().connect() as other:  # type: ignore[union-attr]  # an engine's
            assert other.execute(rows).all(), "another worker holds it"
            assert figures.refresh_due(NOW) == 0
        assert figures.refresh_due(NOW) == 1
        assert not stored(made).is_stale
