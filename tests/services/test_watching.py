"""The watch over a counsellor's requests: under a consent to suggest nothing is stored, under one to edit all is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from planner import access, watching
from planner.changing import from_json, to_json
from planner.extensions import db
from planner.loans import services as loans
from planner.models import (
    AuditAct,
    BudgetLine,
    CalendarDay,
    Case,
    CashChange,
    Guideline,
    Loan,
    Membership,
    Payment,
    Proposal,
    Scope,
    Suggestion,
)
from tests.factories import Household, sign_in_as
from tests.lender import make_plan
from tests.pages import get, post, words
from tests.suggesting import BANK, RENT, Place, make_place
from tests.views.test_loan_payments import LATE


@pytest.fixture
def place(app: Flask, household: Household) -> Place:
    """The household's case, its balance known, and an agency."""
    return make_place(app, household)


@dataclass(frozen=True)
class Form:
    """A form a counsellor sends: where, with what, and what comes of it."""

    rest: Callable[[Place], str]
    data: dict[str, str]
    what: list[tuple[str, str]]
    before: Callable[[Place], None] = lambda place: None


def at(rest: str) -> Callable[[Place], str]:
    return lambda place: rest.format(line=place.line().id, **place.household.loan_ids)


def with_payment(place: Place) -> None:
    with place.app.app_context():
        loan = db.session.get_one(Loan, place.household.loan_ids["micro"])
        loans.add_payment(loan, 20000, datetime(2026, 12, 6).date())  # noqa: DTZ001  # a day
        db.session.commit()


def with_extras(place: Place) -> None:
    """A guideline, a day of the calendar and a payment moved once, to be changed and removed."""
    day = datetime(2026, 12, 31).date()  # noqa: DTZ001  # a day
    with place.app.app_context():
        case = place.household.case_id
        db.session.add(Guideline(case_id=case, category="food", amount_minor=100000, source=None))
        db.session.add(CalendarDay(case_id=case, on=day, is_worked=False))
        db.session.add(CashChange(case_id=case, line_id=place.line().id, on=datetime(2026, 12, 16).date(),  # noqa: DTZ001
                                  to=day, created_at=datetime(2026, 12, 1, tzinfo=UTC)))  # fmt: skip
        db.session.commit()


FORMS: dict[str, Form] = {
    "line added": Form(at("budget/new?kind=expense"), RENT, [("add", "BudgetLine")]),
    "line changed": Form(at("budget/{line}"), RENT | {"name": "给爸妈", "category": "elders", "amount": "500"},
                         [("change", "BudgetLine")]),
    "line removed": Form(at("budget/{line}/delete"), {}, [("remove", "BudgetLine")]),
    "guidelines": Form(at("budget/guidelines"), {"food-amount": "1,500", "rent-amount": "2000", "rent-source": "desk"},
                       [("add", "Guideline"), ("change", "Guideline")], with_extras),
    "guideline removed": Form(at("budget/guidelines"), {"food-amount": ""}, [("remove", "Guideline")], with_extras),
    "radar": Form(at("radar/2026-12-18/apply"), {"kind": "move_line", "key": "line"}, [("add", "CashChange")]),
    "radar undone": Form(at("radar/changes/1/undo"), {}, [("remove", "CashChange")], with_extras),
    "balance": Form(at("radar/balance"), {"balance": "900"}, [("change", "Case")]),
    "day": Form(at("calendar"), {"on": "2027-01-04", "is_worked": "free"}, [("add", "CalendarDay")]),
    "day changed": Form(at("calendar"), {"on": "2026-12-31", "is_worked": "worked"}, [("change", "CalendarDay")], with_extras),
    "day removed": Form(at("calendar/1/delete"), {}, [("remove", "CalendarDay")], with_extras),
    "loan added": Form(at("loans/new"), BANK, [("add", "Loan")]),
    "loan closed": Form(at("loans/{card}/close"), {}, [("change", "Loan")]),
    "loan removed": Form(at("loans/{micro}/delete"), {}, [("remove", "Loan")], with_payment),
    "payment": Form(at("loans/{micro}/pay"), {"amount": "535.42", "paid_on": "2026-12-05"}, [("add", "Payment")]),
    "marked": Form(at("loans/{haier}/instalments/6/paid"), {}, [("add", "Payment")]),
    "taken back": Form(at("loans/{micro}/payments/1/undo"), {}, [("change", "Payment")], with_payment),
    "returned": Form(at("loans/{micro}/payments/1/returned"), {"returned_on": "2026-12-08"}, [("change", "Payment")],
                     with_payment),
    "late rules": Form(at("loans/{micro}/late"), LATE, [("change", "Loan")]),
}  # fmt: skip


def send(place: Place, form: Form, client: FlaskClient) -> Any:
    data = dict(form.data)
    if "key" in data:
        page = get(client, place.path("radar/2026-12-18"))
        data["key"] = re.search(r'value="(line-\d+)"', page)[1]  # type: ignore[index]  # it is there
    return client.post(place.path(form.rest(place)), data=data)


@pytest.mark.parametrize("name", FORMS)
def test_under_a_consent_to_suggest_each_form_becomes_a_suggestion_and_nothing_changes(place: Place, name: str) -> None:
    form = FORMS[name]
    form.before(place)
    lin = place.counsellor()
    before = place.stored()
    answer = send(place, form, lin)
    assert answer.status_code == 303, words(answer.get_data(as_text=True))
    assert place.stored() == before
    made = place.suggestion()
    assert sorted((item.action, item.model) for item in made.items) == sorted(form.what)
    assert made.who == "Lin Yan, Harbour Debt Advice"
    page = words(get(lin, answer.location))
    assert "Kept as a suggestion" in page
    assert not {"Saved", "Undo", "removed"} & set(page.split()), "nothing was done, and nothing is said to be"
    (told,) = place.entries(AuditAct.SUGGEST)
    assert [each["model"] for each in told.changes] == [item.model for item in made.items]
    assert not place.entries(AuditAct.CHANGE)


@pytest.mark.parametrize("name", FORMS)
def test_under_a_consent_to_edit_it_applies_and_the_log_has_before_and_after(place: Place, name: str) -> None:
    form = FORMS[name]
    form.before(place)
    lin = place.counsellor(Scope.EDIT)
    before = place.stored()
    answer = send(place, form, lin)
    assert answer.status_code in (302, 303), words(answer.get_data(as_text=True))
    assert place.stored() != before
    (told,) = place.entries(AuditAct.CHANGE)
    assert sorted((each["action"], each["model"]) for each in told.changes) == sorted(form.what)
    for each in told.changes:
        assert bool(each["before"]) == (each["action"] != "add")
        assert bool(each["after"]) == (each["action"] != "remove")
    assert told.user_id == place.desk.lin_id
    assert told.agency_id == place.desk.agency_id


def test_a_changed_row_is_told_column_by_column_and_no_more(place: Place) -> None:
    lin = place.counsellor()
    line = place.line()
    page = get(lin, place.path(f"budget/{line.id}"))
    fields = dict(re.findall(r'name="(name|amount|day_of_month|starts_on|version)"[^>]*value="([^"]*)"', page))
    post(
        lin,
        place.path(f"budget/{line.id}"),
        RENT | fields | {"category": "elders", "day_of_month": "16", "amount": "500"},
    )
    (item,) = place.suggestion().items
    assert (item.before, item.after) == ({"amount_minor": 80000}, {"amount_minor": 50000})
    assert place.suggestion().about["seen"][f"BudgetLine-{line.id}"]["frequency"] == "monthly"


def test_json_decimals_dates_and_nothing_survive_the_way_there_and_back(place: Place) -> None:
    lin = place.counsellor()
    post(lin, place.path("loans/new"), BANK)
    (item,) = place.suggestion().items
    assert item.after["advertised_rate"] == "0.095"
    assert item.after["terms"]["method"] == "annuity"
    assert item.after["closed_on"] is None
    assert from_json(Loan, "advertised_rate", item.after["advertised_rate"]) == Decimal("0.095")
    for model, name, value in (
        (Loan, "closed_on", datetime(2026, 12, 9).date()), (Loan, "advertised_rate", Decimal("0.0010")),  # noqa: DTZ001
        (Loan, "terms", {"a": [1, None]}), (Payment, "created_at", datetime(2026, 12, 9, tzinfo=UTC)), (Loan, "name", None),
    ):  # fmt: skip
        assert from_json(model, name, to_json(value)) == value


def test_a_removed_loan_takes_its_payments_with_it(place: Place) -> None:
    with_payment(place)
    lin = place.counsellor()
    post(lin, place.path(f"loans/{place.household.loan_ids['micro']}/delete"), {})
    (item,) = place.suggestion().items
    (child,) = item.children
    assert (child["action"], child["model"], child["before"]["amount_minor"]) == ("remove", "Payment", 20000)


def test_bad_input_gets_the_same_page_as_the_household(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor()
    for rest, data in (("budget/new?kind=expense", RENT | {"amount": "-3"}), ("loans/new", BANK | {"principal": ""}),
                       ("radar/balance", {"balance": "a lot"}), ("calendar", {"on": "x"})):  # fmt: skip
        pages = [words(post(each, place.path(rest), data, 422)) for each in (lin, borrower)]
        theirs, ours = (page.partition("Not saved yet")[2] for page in pages)
        assert theirs == ours != ""
    with place.app.app_context():
        assert db.session.scalar(select(Suggestion)) is None


def test_a_form_that_changes_nothing_says_so(place: Place) -> None:
    lin = place.counsellor()
    answer = lin.post(place.path("radar/balance"), data={"balance": "1703.09", "has_today": "y"})
    assert "Nothing was changed, so there is nothing to suggest" in words(get(lin, answer.location))
    assert not place.entries(AuditAct.SUGGEST)


@pytest.fixture
def careless(place: Place) -> Place:
    """Views nobody should have written: one changes rows in bulk, one people, one both a line and people."""

    def bulk(case: Case) -> str:
        db.session.execute(update(BudgetLine).where(BudgetLine.case_id == case.id).values(amount_minor=1))
        db.session.commit()
        return "done"

    def people(case: Case) -> str:
        db.session.scalars(select(BudgetLine).limit(1)).one().amount_minor = 1
        db.session.flush()
        db.session.scalars(select(Membership).where(Membership.case_id == case.id).limit(1)).one().role = "viewer"
        db.session.commit()
        return "done"

    for view in (bulk, people):
        guarded = access.needs(access.Permission.EDIT, access.Part.BUDGET)(view)
        place.app.add_url_rule(f"/c/<int:case_id>/careless-{view.__name__}", view.__name__, guarded, methods=["POST"])
    return place


@pytest.mark.parametrize("view", ["bulk", "people"])
def test_what_cannot_be_suggested_is_refused_and_not_half_stored(careless: Place, view: str) -> None:
    lin = careless.counsellor()
    before = careless.stored()
    assert lin.post(careless.path(f"careless-{view}")).status_code == 403
    assert careless.stored() == before
    with careless.app.app_context():
        assert db.session.scalar(select(Suggestion)) is None


def test_under_a_consent_to_edit_a_change_in_bulk_is_told_too(careless: Place) -> None:
    assert careless.counsellor(Scope.EDIT).post(careless.path("careless-bulk")).status_code == 200
    (told,) = careless.entries(AuditAct.CHANGE)
    assert told.endpoint == "bulk"


@pytest.mark.parametrize("scope", [Scope.PROPOSE, Scope.EDIT])
def test_a_consent_that_ended_before_the_form_was_sent_stores_nothing_and_keeps_the_text(
    place: Place, scope: Scope
) -> None:
    lin = place.counsellor(scope)
    get(lin, place.path("budget/new?kind=expense"))
    place.end()
    before = place.stored()
    page = words(post(lin, place.path("budget/new?kind=expense"), RENT | {"name": "Garage by the sea"}, 404))
    assert "You no longer have access" in page
    assert "Garage by the sea" in page
    assert place.stored() == before


@pytest.mark.parametrize("scope", [Scope.PROPOSE, Scope.EDIT])
@pytest.mark.parametrize("rest", ["budget/new?kind=expense", "loans/new"])
def test_a_consent_that_ends_between_the_door_and_the_commit_stores_nothing(
    place: Place, scope: Scope, rest: str
) -> None:
    lin = place.counsellor(scope)
    before = place.stored()

    ended: list[str] = []

    def end_now(*_flush: Any) -> None:
        if not ended:
            ended.append("now")
            place.end()

    event.listen(Session, "before_flush", end_now)
    data = RENT | BANK | {"name": "Garage by the sea"}
    page = words(post(lin, place.path(rest), data, 404))
    event.remove(Session, "before_flush", end_now)
    assert "You no longer have access" in page
    assert "Garage by the sea" in page
    assert place.stored() == before | {"consents": place.stored()["consents"]}
    with place.app.app_context():
        assert db.session.scalar(select(Suggestion)) is None
    assert not place.entries(AuditAct.CHANGE)


def test_a_consent_that_ends_after_the_form_was_taken_back_leaves_no_suggestion(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = place.counsellor()
    kept = watching._suggested

    def late(*given: Any) -> Any:
        place.end()
        return kept(*given)

    monkeypatch.setattr(watching, "_suggested", late)
    assert "You no longer have access" in words(post(lin, place.path("budget/new?kind=expense"), RENT, 404))
    with place.app.app_context():
        assert db.session.scalar(select(Suggestion)) is None


def test_a_view_may_take_a_savepoint_back_and_what_came_and_went_is_not_told(careless: Place) -> None:
    def unsteady(case: Case) -> str:
        line = db.session.scalars(select(BudgetLine).where(BudgetLine.category == "elders")).one()
        tried = db.session.begin_nested()
        line.amount_minor = 5
        db.session.add(Guideline(case_id=case.id, category="tried", amount_minor=1))
        db.session.flush()
        tried.rollback()
        with db.session.begin_nested():
            line.name = "Parents"
        short = Guideline(case_id=case.id, category="short", amount_minor=1)
        db.session.add(short)
        db.session.flush()
        db.session.delete(short)
        db.session.commit()
        return "done"

    guarded = access.needs(access.Permission.EDIT, access.Part.BUDGET)(unsteady)
    careless.app.add_url_rule("/c/<int:case_id>/unsteady", "unsteady", guarded, methods=["POST"])
    assert careless.counsellor().post(careless.path("unsteady")).status_code == 303
    (item,) = careless.suggestion().items
    assert (item.before, item.after) == ({"name": "给爸妈"}, {"name": "Parents"})


def test_a_new_row_brings_the_rows_that_refer_to_it(careless: Place) -> None:
    def whole(case: Case) -> str:
        today = datetime(2026, 12, 5).date()  # noqa: DTZ001  # a day
        micro = db.session.get_one(Loan, careless.household.loan_ids["micro"])
        for name in ("One", "Two"):
            loan = Loan(case_id=case.id, creditor=name, currency="CNY", terms=micro.terms,
                        created_at=datetime(2026, 12, 5, tzinfo=UTC))  # fmt: skip
            loan.payments.append(Payment(case_id=case.id, amount_minor=len(name), paid_on=today, purpose="instalment",
                                         created_at=datetime(2026, 12, 5, tzinfo=UTC)))  # fmt: skip
            db.session.add(loan)
        db.session.commit()
        return "done"

    guarded = access.needs(access.Permission.EDIT, access.Part.LOANS)(whole)
    careless.app.add_url_rule("/c/<int:case_id>/whole", "whole", guarded, methods=["POST"])
    lin = careless.counsellor()
    before = careless.stored()
    assert lin.post(careless.path("whole")).status_code == 303
    made = careless.suggestion()
    assert [item.after["creditor"] for item in made.items] == ["One", "Two"]
    assert [len(item.children) for item in made.items] == [1, 1]
    assert careless.stored() == before
    borrower = sign_in_as(careless.app, careless.household.user_id)
    post(borrower, careless.path(f"suggestions/{made.id}/decide"), {"item": ["1", "2"], "say": "approve"})
    with careless.app.app_context():
        made_loans = list(db.session.scalars(select(Loan).where(Loan.creditor.in_(["One", "Two"]))))
        assert [len(loan.payments) for loan in made_loans] == [1, 1]


@pytest.mark.parametrize("approved", [False, True])
def test_a_view_that_forgot_whose_plan_it_is_changes_none_but_the_counsellors_own_drafts(
    careless: Place, approved: bool
) -> None:
    def rewrite(case: Case) -> str:
        db.session.scalars(select(Proposal).where(Proposal.case_id == case.id)).one().items[0].is_included = False
        db.session.scalars(select(Proposal).where(Proposal.case_id == case.id)).one().cause = "other"
        db.session.commit()
        return "done"

    guarded = access.needs(access.Permission.DRAFT, access.Part.PLANS)(rewrite)
    careless.app.add_url_rule("/c/<int:case_id>/rewrite", "rewrite", guarded, methods=["POST"])
    lin = careless.counsellor()
    with careless.app.app_context():
        plan = make_plan(careless.household)
        if approved:
            plan.drafted_by_id, plan.agency_id = careless.desk.lin_id, careless.desk.agency_id
            plan.approved_at = plan.created_at
        db.session.commit()
    before = careless.stored()
    assert lin.post(careless.path("rewrite")).status_code == 403
    assert careless.stored() == before


def test_a_look_is_told_a_file_taken_away_is_told_as_such_and_a_refusal_is_not(place: Place) -> None:
    lin = place.counsellor(Scope.VIEW)
    get(lin, place.path("budget"))
    post(lin, place.path("budget/new?kind=expense"), RENT, 403)
    get(lin, place.path("loans/987"), 404)
    assert [each.endpoint for each in place.entries(AuditAct.LOOK)] == ["budget.index"]
    assert [each.who for each in place.entries(AuditAct.LOOK)] == ["Lin Yan, Harbour Debt Advice"]
