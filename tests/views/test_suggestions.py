"""Suggestions on both sides: the borrower sees before and after and decides in part, the counsellor sees what came of it."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from planner.extensions import db
from planner.loans import services as loans
from planner.models import (
    AuditAct,
    BudgetLine,
    Case,
    CashChange,
    Guideline,
    Loan,
    Part,
    Payment,
    Proposal,
    ProposalItem,
    Scope,
    Suggestion,
    User,
)
from planner.proposals import services as proposals
from planner.suggestions import scenarios
from tests.agency import give_consent
from tests.documents.readers import pdf_text
from tests.factories import Household, sign_in_as
from tests.lender import REDUCE, item_of, make_plan
from tests.pages import get, post, words
from tests.suggesting import BANK, Place, make_place

WHAT_IF = "kind=extra&extra=200&extra_then=shorter"


@pytest.fixture
def place(app: Flask, household: Household) -> Place:
    """The household's case, its balance known, and an agency."""
    return make_place(app, household)


def line_form(place: Place, **changed: str) -> tuple[str, dict[str, str]]:
    """The address and form of the money for the parents, with some of it changed."""
    line = place.line()
    form = {"name": line.name, "amount": "800", "frequency": "monthly", "day_of_month": "16", "necessity": "essential",
            "category": "elders", "version": str(line.version)}  # fmt: skip
    return place.path(f"budget/{line.id}"), form | changed


def suggested(place: Place, lin: FlaskClient, address: str, data: dict[str, str]) -> int:
    """Send a form as the counsellor; the key of the suggestion it became."""
    assert lin.post(address, data=data).status_code == 303
    return place.suggestion().id


def decide(place: Place, client: FlaskClient, key: int, *items: int, status: int = 302, **more: Any) -> str:
    data = {"say": "approve", "item": [str(n) for n in items]} | more
    return post(client, place.path(f"suggestions/{key}/decide"), data, status)


def test_a_change_is_shown_before_and_after_with_the_month_and_approved(place: Place, borrower: FlaskClient) -> None:
    address, form = line_form(place, amount="500")
    key = suggested(place, place.counsellor(), address, form)
    today = words(get(borrower, "/"))
    assert "1 suggestion from Lin Yan, Harbour Debt Advice" in today
    assert "1 waits for you" in words(get(borrower, place.path("more")))
    page = words(get(borrower, place.path(f"suggestions/{key}")))
    # with 300 more, 51 are left on the 18th, and two days of 58 each until money comes on the 21st
    for text in ("¥800", "¥500", "Left in Dec 2026", "¥219.91", "¥519.91", "18 Dec: ¥249 short",
                 "19 Dec: ¥65 short for everyday spending"):  # fmt: skip
        assert text in page, (text, page)
    done = words(get(borrower, decide(place, borrower, key, 1)))
    assert "Done: what you approved is in your file" in done
    assert place.line().amount_minor == 50000
    assert "suggestion from" not in words(get(borrower, "/"))
    told = place.entries(AuditAct.CHANGE)[-1]
    assert (told.who, told.endpoint) == ("Lin Yan, Harbour Debt Advice", "suggestions.decide")
    assert told.changes[0]["after"] == {"amount_minor": 50000}
    assert told.user_id == place.desk.lin_id


def test_looking_at_a_suggestion_changes_nothing(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor()
    keys = [suggested(place, lin, place.path("loans/new"), BANK)]
    keys.append(suggested(place, lin, place.path(f"loans/{place.household.loan_ids['haier']}/delete"), {}))
    before = place.stored()
    for key in keys:
        for client in (borrower, lin, sign_in_as(place.app, place.household.viewer_id)):
            get(client, place.path(f"suggestions/{key}"))
    assert place.stored() == before


def test_one_part_is_approved_and_the_other_declined(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor()
    form = {"food-amount": "1,500", "rent-amount": "2000"}
    key = suggested(place, lin, place.path("budget/guidelines"), form)
    chosen = next(item for item in place.suggestion().items if item.after["category"] == "rent")
    decide(place, borrower, key, chosen.n)
    with place.app.app_context():
        stored = db.session.scalars(select(Guideline)).all()
        assert [(row.category, row.amount_minor) for row in stored] == [("rent", 200000)]
    assert sorted(item.decision or "" for item in place.suggestion().items) == ["approved", "declined"]
    assert "approved in part: 1 of 2" in words(get(lin, place.path("suggestions")))
    (told,) = place.entries(AuditAct.CHANGE)
    assert [each["after"]["category"] for each in told.changes] == ["rent"]


def test_all_of_it_is_declined_by_one_button(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor()
    key = suggested(place, lin, place.path("loans/new"), BANK)
    before = place.stored()
    assert "Nothing was changed" in words(get(borrower, decide(place, borrower, key, 1, say="decline")))
    assert place.stored() == before
    assert "declined" in words(get(lin, place.path(f"suggestions/{key}")))
    assert not place.entries(AuditAct.CHANGE)


def test_nothing_ticked_is_asked_again(place: Place, borrower: FlaskClient) -> None:
    key = suggested(place, place.counsellor(), place.path("loans/new"), BANK)
    assert "Tick what you approve" in words(decide(place, borrower, key, status=422))
    assert "Tick what you approve" in words(decide(place, borrower, key, 7, status=422))
    assert place.suggestion().decided_at is None


def test_a_decided_suggestion_is_closed(place: Place, borrower: FlaskClient) -> None:
    key = suggested(place, place.counsellor(), place.path("loans/new"), BANK)
    decide(place, borrower, key, 1)
    decide(place, borrower, key, 1, status=409)
    decide(place, borrower, key, say="decline", status=409)
    with place.app.app_context():
        assert len(db.session.scalars(select(Loan).where(Loan.creditor == "Bank")).all()) == 1


def test_two_decisions_in_the_same_moment_are_one(place: Place) -> None:
    key = suggested(place, place.counsellor(), place.path("loans/new"), BANK)
    people = [sign_in_as(place.app, place.household.user_id) for _n in range(4)]
    start, found = threading.Barrier(len(people)), list[int]()

    def send(client: FlaskClient) -> None:
        start.wait()
        answer = client.post(place.path(f"suggestions/{key}/decide"), data={"say": "approve", "item": "1"})
        found.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(client,)) for client in people]
    for each in (*threads, *threads):
        each.start() if each.ident is None else each.join()
    assert sorted(found) == [303, 409, 409, 409]
    with place.app.app_context():
        assert len(db.session.scalars(select(Loan).where(Loan.creditor == "Bank")).all()) == 1


def changed(name: str, value: Any) -> Callable[[Place], None]:
    def change(place: Place) -> None:
        with place.app.app_context():
            setattr(db.session.get_one(BudgetLine, place.line().id), name, value)
            db.session.commit()

    return change


def gone(place: Place) -> None:
    with place.app.app_context():
        db.session.delete(db.session.get_one(BudgetLine, place.line().id))
        db.session.commit()


@pytest.mark.parametrize(
    ("change", "says"),
    [(changed("amount_minor", 70000), "is now: ¥700"), (changed("frequency", "weekly"), ""), (gone, "")],
)
def test_a_row_that_changed_meanwhile_is_not_written_over(
    place: Place, borrower: FlaskClient, change: Callable[[Place], None], says: str
) -> None:
    address, form = line_form(place, amount="500")
    key = suggested(place, place.counsellor(), address, form)
    change(place)
    before = place.stored()
    page = words(get(borrower, place.path(f"suggestions/{key}")))
    assert "This changed since it was suggested" in page
    assert says in page
    assert "Approve" not in page.replace("Approve or", "")
    decide(place, borrower, key, 1)
    assert place.stored() == before
    assert [item.decision for item in place.suggestion().items] == ["stale"]
    assert not place.entries(AuditAct.CHANGE)


def test_a_name_that_changed_does_not_stop_a_new_amount(place: Place, borrower: FlaskClient) -> None:
    address, form = line_form(place, amount="500")
    key = suggested(place, place.counsellor(), address, form)
    changed("name", "Parents")(place)
    decide(place, borrower, key, 1)
    assert (place.line().name, place.line().amount_minor) == ("Parents", 50000)


def radar_move(place: Place, lin: FlaskClient) -> int:
    page = get(lin, place.path("radar/2026-12-18"))
    line = re.search(r'value="(line-\d+)"', page)
    assert line
    return suggested(place, lin, place.path("radar/2026-12-18/apply"), {"kind": "move_line", "key": line[1]})


def test_a_payment_moved_on_the_radar_is_approved_with_its_effect(place: Place, borrower: FlaskClient) -> None:
    key = radar_move(place, place.counsellor())
    page = words(get(borrower, place.path(f"suggestions/{key}")))
    assert "18 Dec: ¥249 short" in page
    decide(place, borrower, key, 1)
    with place.app.app_context():
        assert db.session.scalars(select(CashChange)).one().to is not None


@pytest.mark.parametrize("change", [gone, changed("day_of_month", 17)])
def test_a_moved_payment_of_a_line_that_is_gone_or_falls_elsewhere_is_stale(
    place: Place, borrower: FlaskClient, change: Callable[[Place], None]
) -> None:
    key = radar_move(place, place.counsellor())
    change(place)
    decide(place, borrower, key, 1)
    assert [item.decision for item in place.suggestion().items] == ["stale"]
    with place.app.app_context():
        assert db.session.scalar(select(CashChange)) is None


def test_an_instalment_that_was_paid_meanwhile_is_not_paid_twice(place: Place, borrower: FlaskClient) -> None:
    loan = place.household.loan_ids["haier"]
    key = suggested(place, place.counsellor(), place.path(f"loans/{loan}/instalments/6/paid"), {})
    post(borrower, place.path(f"loans/{loan}/instalments/6/paid"), {})
    decide(place, borrower, key, 1)
    assert [item.decision for item in place.suggestion().items] == ["stale"]
    with place.app.app_context():
        assert len(db.session.scalars(select(Payment)).all()) == 1


def test_a_loan_with_a_new_payment_is_not_removed_unseen(place: Place, borrower: FlaskClient) -> None:
    loan = place.household.loan_ids["haier"]
    key = suggested(place, place.counsellor(), place.path(f"loans/{loan}/delete"), {})
    with place.app.app_context():
        loans.add_payment(db.session.get_one(Loan, loan), 100, date(2026, 12, 9))
        db.session.commit()
    decide(place, borrower, key, 1)
    with place.app.app_context():
        assert db.session.get(Loan, loan) is not None


def test_a_day_that_the_borrower_entered_meanwhile_is_left(place: Place, borrower: FlaskClient) -> None:
    key = suggested(place, place.counsellor(), place.path("calendar"), {"on": "2027-01-04", "is_worked": "free"})
    post(borrower, place.path("calendar"), {"on": "2027-01-04", "is_worked": "worked"})
    decide(place, borrower, key, 1)
    assert [item.decision for item in place.suggestion().items] == ["stale"]


def test_only_the_borrower_decides(place: Place, viewer: FlaskClient, stranger: FlaskClient) -> None:
    lin = place.counsellor()
    key = suggested(place, lin, place.path("loans/new"), BANK)
    for client, status in ((lin, 403), (viewer, 403), (stranger, 404)):
        decide(place, client, key, 1, status=status)
        if client is not lin:
            post(client, place.path(f"suggestions/{key}/withdraw"), {}, status)
            post(client, place.path(f"suggestions/{key}/note"), {"note": "x"}, status)
    get(viewer, place.path(f"suggestions/{key}"))
    get(stranger, place.path(f"suggestions/{key}"), 404)
    get(stranger, place.path("suggestions"), 404)
    assert place.suggestion().decided_at is None


def test_the_counsellor_adds_a_note_and_takes_it_back(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor()
    key = suggested(place, lin, place.path("loans/new"), BANK)
    post(lin, place.path(f"suggestions/{key}/note"), {"note": "x" * 1001}, 422)
    post(lin, place.path(f"suggestions/{key}/note"), {"note": "You told me of this loan on Monday"})
    assert "You told me of this loan on Monday" in words(get(borrower, place.path(f"suggestions/{key}")))
    post(borrower, place.path(f"suggestions/{key}/withdraw"), {}, 404)
    post(lin, place.path(f"suggestions/{key}/withdraw"), {})
    assert "withdrawn" in words(get(borrower, place.path("suggestions")))
    decide(place, borrower, key, 1, status=409)
    post(lin, place.path(f"suggestions/{key}/withdraw"), {}, 409)
    post(lin, place.path(f"suggestions/{key}/note"), {"note": "late"}, 409)


def test_a_colleague_sees_it_and_touches_nothing_and_parts_kept_back_are_not_shown(place: Place) -> None:
    key = suggested(place, place.counsellor(), place.path("loans/new"), BANK)
    with place.app.app_context():
        parts = [Part.BUDGET]
        chen = give_consent(place.household.case_id, place.desk, place.desk.chen_id, Scope.PROPOSE, parts)
        db.session.commit()
    other = sign_in_as(place.app, place.desk.chen_id, second_factor=True)
    get(other, place.path(f"suggestions/{key}"), 404)
    assert "No suggestion yet" in words(get(other, place.path("suggestions")))
    with place.app.app_context():
        db.session.get_one(type(chen), chen.id).parts = [Part.BUDGET, Part.LOANS]
        db.session.commit()
    get(other, place.path(f"suggestions/{key}"))
    post(other, place.path(f"suggestions/{key}/withdraw"), {}, 404)


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    place: Place, borrower: FlaskClient, count_queries: Callable[[], int]
) -> None:
    lin, asked = place.counsellor(), []
    for amounts in (["500"], ["501", "502", "503", "504"]):
        for amount in amounts:
            address, form = line_form(place, amount=amount)
            suggested(place, lin, address, form)
        before = count_queries()
        get(borrower, place.path("suggestions"))
        asked.append(count_queries() - before)
    assert asked[0] == asked[1]


# Plans.


def drafted(place: Place, lin: FlaskClient) -> int:
    """A counsellor's own draft with a cause and an offer."""
    address = post(lin, place.path("plans"), {})
    key = int(re.search(r"/plans/(\d+)/", address)[1])  # type: ignore[index]  # it is there
    post(lin, address, {"cause": "income", "cause_text": "No overtime", "new_income": "5500"})
    return key


def plan(place: Place, key: int) -> Proposal:
    with place.app.app_context():
        found = db.session.get_one(Proposal, key)
        assert found.items is not None
        return found


def test_a_counsellors_draft_is_suggested_and_approved_creditor_by_creditor(
    place: Place, borrower: FlaskClient
) -> None:
    lin = place.counsellor()
    key = drafted(place, lin)
    assert (plan(place, key).drafted_by_id, plan(place, key).approved_at) == (place.desk.lin_id, None)
    page = get(lin, place.path(f"plans/{key}/preview"))
    assert "Suggest this plan to the client" in page
    assert "Make link and PDF" not in page
    post(lin, place.path(f"plans/{key}/suggest"), {})
    made = place.suggestion()
    asked = [item for item in made.items if item.model == "ProposalItem"]
    assert len(asked) > 1
    text = words(get(borrower, place.path(f"suggestions/{made.id}")))
    assert "a month by the contract" in text
    assert "Read the whole plan" in text
    decide(place, borrower, made.id, asked[0].n)
    stored = plan(place, key)
    assert stored.approved_at is not None
    assert [item.id for item in stored.items if item.is_included] == [asked[0].row_id]
    get(borrower, place.path(f"plans/{key}/document.json"))
    get(lin, place.path(f"plans/{key}/offer"), 403)  # it is the borrower's now


def test_a_plan_that_is_declined_stays_a_draft(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor()
    key = drafted(place, lin)
    post(lin, place.path(f"plans/{key}/suggest"), {})
    decide(place, borrower, place.suggestion().id, say="decline")
    assert plan(place, key).approved_at is None
    get(borrower, place.path(f"plans/{key}/document.json"), 403)
    get(lin, place.path(f"plans/{key}/offer"))


def test_nothing_of_an_unapproved_draft_leaves_the_app(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor()
    key = drafted(place, lin)
    for client in (lin, borrower):
        page = words(get(client, place.path(f"plans/{key}/document.pdf"), 403))
        assert "before the borrower approves it" in page
    post(borrower, place.path(f"plans/{key}/links"), {"days": "30", "lang": "en", "n": "1"}, 403)
    post(lin, place.path(f"plans/{key}/links"), {"days": "30", "lang": "en", "n": "1"}, 403)
    assert not place.stored()["proposal_versions"]


def test_letters_and_their_list_know_nothing_of_an_unapproved_draft(place: Place, borrower: FlaskClient) -> None:
    key = drafted(place, place.counsellor())
    item = plan(place, key).items[0]
    get(borrower, place.path(f"letters/reduce?item={item.id}"), 404)
    for letter in ("reduce", f"hold?loan={item.loan_id}"):
        assert "No overtime" not in get(borrower, place.path(f"letters/{letter}"))


def test_a_counsellor_who_may_suggest_leaves_the_borrowers_plans_alone(place: Place) -> None:
    with place.app.app_context():
        key = make_plan(place.household).id
        db.session.commit()
    lin = place.counsellor()
    before = place.stored()
    for rest in ("cause", "budget", "offer", "creditors/1"):
        get(lin, place.path(f"plans/{key}/{rest}"), 403)
    for rest in ("cause", "budget", "offer", "offer/largest", "offer/fair", "loans", "creditors/1", "delete"):
        post(lin, place.path(f"plans/{key}/{rest}"), {"cause": "income"}, 403)
    post(lin, place.path(f"plans/{key}/suggest"), {}, 404)
    get(lin, place.path(f"plans/{key}/preview"))
    assert place.stored() == before


def test_an_explanation_reaches_the_budget_only_with_the_borrowers_approval(
    place: Place, borrower: FlaskClient
) -> None:
    post(borrower, place.path("budget/guidelines"), {"elders-amount": "100", "elders-source": "desk"})
    lin = place.counsellor()
    key = drafted(place, lin)
    page = get(lin, place.path(f"plans/{key}/budget"))
    names = set(re.findall(r'name="((?:over|missing|low|high)-[\w-]+?)-answer"', page))
    answers = {f"{name}-answer": "explain" if name == "over-elders" else "right" for name in names}
    post(lin, place.path(f"plans/{key}/budget"), answers | {"over-elders-text": "Her father is ill"})
    assert place.line().note is None
    assert "Her father is ill" in get(lin, place.path(f"plans/{key}/budget"))
    post(lin, place.path(f"plans/{key}/suggest"), {})
    made = place.suggestion()
    (note,) = [item for item in made.items if item.model == "BudgetLine"]
    assert note.after == {"note": "Her father is ill"}
    decide(place, borrower, made.id, *(item.n for item in made.items))
    assert place.line().note == "Her father is ill"


def test_a_plan_that_was_changed_after_it_was_suggested_is_not_approved(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor()
    key = drafted(place, lin)
    post(lin, place.path(f"plans/{key}/suggest"), {})
    made = place.suggestion()
    first = next(item for item in made.items if item.model == "ProposalItem")
    with place.app.app_context():
        db.session.get_one(ProposalItem, first.row_id).offered_minor = 1
        db.session.commit()
    decide(place, borrower, made.id, first.n)
    assert plan(place, key).approved_at is None


@pytest.mark.parametrize(("step", "form"), [
    ("cause", {"cause": "illness", "cause_text": "Another text", "new_income": "5500"}),
    ("cause", {"cause": "income", "cause_text": "No overtime", "new_income": "9000"}),
])  # fmt: skip
def test_a_plan_whose_words_changed_after_it_was_suggested_is_not_approved(
    place: Place, borrower: FlaskClient, step: str, form: dict[str, str]
) -> None:
    lin = place.counsellor()
    key = drafted(place, lin)
    post(lin, place.path(f"plans/{key}/suggest"), {})
    made = place.suggestion()
    assert "changed since" not in words(get(borrower, place.path(f"suggestions/{made.id}")))
    post(lin, place.path(f"plans/{key}/{step}"), form)
    page = get(borrower, place.path(f"suggestions/{made.id}"))
    assert "The plan changed since it was suggested" in words(page)
    assert 'value="approve"' not in page
    done = words(get(borrower, decide(place, borrower, made.id, *(item.n for item in made.items))))
    assert plan(place, key).approved_at is None
    assert "What had changed meanwhile was left as it is" in done
    assert {item.decision for item in place.suggestion().items} == {"stale"}


@pytest.mark.parametrize(("name", "value"), [
    ("cause_until", date(2027, 6, 1)), ("checked", {"over-rent": "right"}), ("review_on", date(2027, 5, 1)),
    ("borrower_name", "Somebody"), ("borrower_contact", "another address"),
])  # fmt: skip
def test_any_column_of_a_plan_that_changed_makes_it_stale(
    place: Place, borrower: FlaskClient, name: str, value: Any
) -> None:
    lin = place.counsellor()
    key = drafted(place, lin)
    post(lin, place.path(f"plans/{key}/suggest"), {})
    made = place.suggestion()
    with place.app.app_context():
        setattr(db.session.get_one(Proposal, key), name, value)
        db.session.commit()
    decide(place, borrower, made.id, *(item.n for item in made.items))
    assert plan(place, key).approved_at is None


def test_a_creditor_added_or_put_back_after_a_plan_was_suggested_makes_it_stale(
    place: Place, borrower: FlaskClient
) -> None:
    """Seen in the creditors' rows alone: the plan's own version stays."""
    lin = place.counsellor()
    key = drafted(place, lin)
    with place.app.app_context():
        last = db.session.get_one(Proposal, key).items[-1]
        last.is_included = False
        db.session.commit()
        left_out = last.id
    post(lin, place.path(f"plans/{key}/suggest"), {})
    made, version = place.suggestion(), plan(place, key).version
    assert left_out not in {item.row_id for item in made.items}
    with place.app.app_context():
        db.session.get_one(ProposalItem, left_out).is_included = True
        db.session.commit()
    assert plan(place, key).version == version
    decide(place, borrower, made.id, *(item.n for item in made.items))
    assert plan(place, key).approved_at is None


def test_a_plan_suggested_before_its_words_were_kept_is_stale_once_it_was_saved_again(
    place: Place, borrower: FlaskClient
) -> None:
    lin = place.counsellor()
    key = drafted(place, lin)
    post(lin, place.path(f"plans/{key}/suggest"), {})
    made = place.suggestion()
    with place.app.app_context():
        stored = db.session.get_one(Suggestion, made.id)
        stored.about = {name: value for name, value in stored.about.items() if name != "plan"}
        db.session.commit()
    assert "changed since" not in words(get(borrower, place.path(f"suggestions/{made.id}")))
    with place.app.app_context():
        db.session.get_one(Proposal, key).updated_at += timedelta(minutes=1)
        db.session.commit()
    assert "The plan changed since it was suggested" in words(get(borrower, place.path(f"suggestions/{made.id}")))


def test_under_a_consent_to_edit_the_plan_is_approved_as_it_is_made_and_told(place: Place) -> None:
    lin = place.counsellor(Scope.EDIT)
    key = drafted(place, lin)
    assert plan(place, key).approved_at is not None
    assert any(each["model"] == "Proposal" for entry in place.entries(AuditAct.CHANGE) for each in entry.changes)
    assert "Make link and PDF" in get(lin, place.path(f"plans/{key}/preview"))


def test_the_borrower_who_goes_on_with_a_draft_makes_it_theirs(place: Place, borrower: FlaskClient) -> None:
    key = drafted(place, place.counsellor())
    post(borrower, place.path(f"plans/{key}/cause"), {"cause": "illness"})
    assert plan(place, key).approved_at is not None


def test_the_plan_names_agency_contact_case_reference_statement_and_review_date(place: Place) -> None:
    lin = place.counsellor(Scope.EDIT)
    with place.app.app_context():
        made = make_plan(place.household)
        proposals.sign(made, give_consent(place.household.case_id, place.desk, place.desk.chen_id), made.created_at)
        key, n = made.id, item_of(made, place.household.loan_ids["haier"]).n
        made.review_on = None
        db.session.commit()
    page = get(lin, place.path(f"plans/{key}/offer"))
    assert 'name="review_on"' in page
    form = dict(re.findall(r'name="(n\d+-offered|version)"[^>]*value="([^"]*)"', page)) | {f"n{n}-is_included": "y"}
    post(lin, place.path(f"plans/{key}/offer"), form | {"review_on": "2027-05-20"})
    value = json.loads(lin.get(place.path(f"plans/{key}/document.json")).get_data(as_text=True))
    text = json.dumps(value, ensure_ascii=False)
    for fact in ("Harbour Debt Advice", "0532 1234567, desk@harbour.example", "2027-05-20", "2026-12-09"):
        assert fact in text
    assert value["agency"]["case_reference"] == "1"
    printed = pdf_text(lin.get(place.path(f"plans/{key}/document.pdf?creditor={n}")).data)
    for fact in ("Harbour Debt Advice", "desk@harbour.example", "Case reference", "20 May 2027", "9 Dec 2026"):
        assert "".join(fact.split()) in "".join(printed.split()), fact


# Letters and what-ifs.


def letter_fields(page: str) -> dict[str, str]:
    text = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    filled = re.search(r'name="filled" value="([^"]*)"', page)
    assert text
    assert filled
    return {"text": html.unescape(text[1]).strip(), "filled": filled[1], "language": "en", "name": "y", "cause": "y"}


def test_a_letter_is_edited_suggested_approved_and_taken_away(place: Place, borrower: FlaskClient) -> None:
    lin, loan = place.counsellor(), place.household.loan_ids["haier"]
    address = place.path(f"letters/hold?loan={loan}")
    fields = letter_fields(get(lin, f"{address}&lang=en"))
    assert "Lin Yan" not in fields["text"]
    filled = letter_fields(post(lin, address, fields | {"step": "fill"}, 200))
    data = filled | {"text": filled["text"] + "\nPlease call the desk first."}
    post(lin, place.path(f"letters/hold/suggest?loan={loan}"), data)
    key = place.suggestion().id
    page = get(borrower, place.path(f"suggestions/{key}"))
    assert "Please call the desk first." in page
    assert "Text without the changes" in page
    assert "Download as PDF" not in page
    get(borrower, decide(place, borrower, key))
    page = get(borrower, place.path(f"suggestions/{key}"))
    action = html.unescape(re.search(r'action="([^"]*letters/hold[^"]*)"', page)[1])  # type: ignore[index]
    answer = borrower.post(action, data=letter_fields(page) | {"step": "pdf"})
    assert answer.mimetype == "application/pdf"
    assert "Pleasecallthedeskfirst." in "".join(pdf_text(answer.data).split())
    assert place.entries(AuditAct.CHANGE)[-1].endpoint == "suggestions.decide"


def test_a_letter_that_is_empty_or_of_nothing_is_not_suggested(
    place: Place, borrower: FlaskClient, viewer: FlaskClient
) -> None:
    lin, loan = place.counsellor(), place.household.loan_ids["haier"]
    address = place.path(f"letters/hold/suggest?loan={loan}")
    assert "The letter is empty" in words(post(lin, address, {"language": "en", "text": ""}, 422))
    post(lin, place.path("letters/reduce/suggest"), {"language": "en", "text": "x"}, 404)
    post(borrower, address, {"language": "en", "text": "x"}, 404)
    post(viewer, address, {"language": "en", "text": "x"}, 403)
    with place.app.app_context():
        assert db.session.scalar(select(Suggestion)) is None


def test_a_what_if_is_worked_out_anew_and_wanted(place: Place, borrower: FlaskClient) -> None:
    lin, loan = place.counsellor(), place.household.loan_ids["card"]
    page = get(lin, place.path(f"loans/{loan}/what-if?{WHAT_IF}"))
    assert "Suggest this to the client" in page
    post(lin, html.unescape(re.search(r'action="([^"]*what-if/suggest[^"]*)"', page)[1]), {})  # type: ignore[index]
    made = place.suggestion()
    with place.app.app_context():
        stored = db.session.get_one(Suggestion, made.id)
        stored.about = stored.about | {"effect": ["earlier", 99, "CNY", True]}
        db.session.commit()
    seen = words(get(borrower, place.path(f"suggestions/{made.id}")))
    assert "99 months" not in seen.replace("A what-if: Paid off 99 months earlier", "")
    assert "The loan changed" not in seen
    done = get(borrower, decide(place, borrower, made.id))
    assert "Go to the loan" in done
    assert "approved" in words(get(lin, place.path("suggestions")))


WHAT_IFS = (WHAT_IF, "kind=defer&defer=1&interest=waived", "kind=longer", "kind=less", "kind=settle")


def in_chinese(place: Place) -> FlaskClient:
    """The borrower, whose account is in Chinese."""
    with place.app.app_context():
        db.session.get_one(User, place.household.user_id).locale = "zh_Hans_CN"
        db.session.commit()
    return sign_in_as(place.app, place.household.user_id)


@pytest.mark.parametrize("query", WHAT_IFS)
@pytest.mark.parametrize("name", ["card", "haier"])
def test_a_what_if_is_read_in_the_readers_language(place: Place, query: str, name: str) -> None:
    lin, loan = place.counsellor(), place.household.loan_ids[name]
    lin.post(place.path(f"loans/{loan}/what-if/suggest?{query}"))
    key = place.suggestion().id
    assert "The loan changed" not in get(lin, place.path(f"suggestions/{key}"))
    borrower = in_chinese(place)
    page = get(borrower, place.path(f"suggestions/{key}"))
    assert "有变动" not in page
    heading = re.search(r"<h1>(试算：.*?)</h1>", page)
    assert heading is not None
    assert not re.search(r"[A-Za-z]{2}", heading[1])
    assert heading[1] in get(borrower, place.path("suggestions"))


def test_a_what_if_stored_in_a_counsellors_words_opens_as_it_is(place: Place) -> None:
    lin, loan = place.counsellor(), place.household.loan_ids["card"]
    post(lin, place.path(f"loans/{loan}/what-if/suggest?{WHAT_IF}"), {})
    with place.app.test_request_context():
        stored = db.session.scalars(select(Suggestion)).one()
        found = scenarios.of_suggestion(stored, db.session.get_one(Case, stored.case_id))
        assert found is not None
        with force_locale("en"):
            stored.about = {"loan_id": loan, "query": WHAT_IF, "headline": found.headline, "label": "one more payment",
                            "lines": [list(line) for line in found.lines], "approved": False}  # fmt: skip
            said = found.headline
        db.session.commit()
        key = stored.id
    borrower = in_chinese(place)
    page = words(get(borrower, place.path(f"suggestions/{key}")))
    assert "这笔借款有变动" not in page
    assert f"试算：{said}" in page
    with place.app.app_context():
        loans.add_payment(db.session.get_one(Loan, loan), 100000, date(2026, 12, 9))
        db.session.commit()
    assert "有变动" in words(get(borrower, place.path(f"suggestions/{key}")))


def test_a_what_if_of_a_loan_that_changed_says_so(place: Place, borrower: FlaskClient) -> None:
    lin, loan = place.counsellor(), place.household.loan_ids["card"]
    post(lin, place.path(f"loans/{loan}/what-if/suggest?kind=defer&defer=1&interest=waived"), {})
    key = place.suggestion().id
    with place.app.app_context():
        loans.add_payment(db.session.get_one(Loan, loan), 100000, date(2026, 12, 9))
        db.session.commit()
    assert "The loan changed since this was suggested" in words(get(borrower, place.path(f"suggestions/{key}")))
    with place.app.app_context():
        db.session.delete(db.session.get_one(Loan, loan))
        db.session.commit()
    assert "This can no longer be worked out" in words(get(borrower, place.path(f"suggestions/{key}")))


def test_a_what_if_that_cannot_be_is_not_suggested(place: Place, borrower: FlaskClient, stranger: FlaskClient) -> None:
    lin, loan = place.counsellor(), place.household.loan_ids["card"]
    for query in ("kind=extra&extra=-3", "and=nonsense", "x=" + "y" * 1200):
        answer = lin.post(place.path(f"loans/{loan}/what-if/suggest?{query}"))
        assert "nothing to suggest" in words(get(lin, answer.location, 200))
    post(borrower, place.path(f"loans/{loan}/what-if/suggest?{WHAT_IF}"), {}, 404)
    post(stranger, place.path(f"loans/{loan}/what-if/suggest?{WHAT_IF}"), {}, 404)
    with place.app.app_context():
        assert db.session.scalar(select(Suggestion)) is None


# Two people at once.


def test_a_stale_save_between_borrower_and_counsellor_keeps_both_texts(place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor(Scope.EDIT)
    address, form = line_form(place, name="By Lin", amount="500")
    post(lin, address, form)
    page = words(post(borrower, address, form | {"name": "By Sun", "amount": "600"}, 409))
    assert "Stored now: By Lin, ¥500" in page
    assert place.line().name == "By Lin"


def test_a_stale_save_of_a_plan_shows_what_is_stored_beside_what_was_typed(place: Place, borrower: FlaskClient) -> None:
    with place.app.app_context():
        key = make_plan(place.household, REDUCE).id
        db.session.commit()
    lin, address = place.counsellor(Scope.EDIT), place.path(f"plans/{key}/cause")
    version = re.search(r'name="version" value="(\d+)"', get(lin, address))[1]  # type: ignore[index]  # it is there
    post(borrower, address, {"cause": "illness", "cause_text": "By Sun", "version": version})
    page = words(post(lin, address, {"cause": "income", "cause_text": "By Lin", "version": version}, 409))
    assert "By Sun" in page


@pytest.mark.parametrize("rest", ["budget/{line}", "loans/{loan}/edit"])
def test_saves_in_the_same_instant_keep_the_later_text_on_the_page(
    app: Flask, place: Place, borrower: FlaskClient, rest: str
) -> None:
    loan = place.household.loan_ids["micro"]
    address = place.path(rest.format(line=place.line().id, loan=loan))
    page = get(borrower, address)
    form = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]+)"', page))
    form |= {"frequency": "monthly", "necessity": "essential", "category": "elders", "method": "annuity",
             "name": "Typed by the sea"}  # fmt: skip
    done: list[str] = []

    def other(*_flush: Any) -> None:
        if not done:
            done.append("now")
            with app.extensions["planner_engine"].begin() as connection:
                for model in (BudgetLine, Loan):
                    connection.execute(model.__table__.update().values(version=model.version + 1))

    event.listen(Session, "before_flush", other)
    text = words(post(borrower, address, form, 409))
    event.remove(Session, "before_flush", other)
    assert "Someone changed this in the meantime" in text
    assert "Typed by the sea" in text
