"""A link shows what was looked at: a preview of a plan that has changed since makes none."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.extensions import db
from planner.models import BudgetLine, Proposal, ProposalItem, Share
from tests.factories import Household
from tests.lender import NAME, visitor
from tests.pages import get, post, words

FORM = {"n": "1", "days": "14", "lang": "en", "name": "y", "borrower_name": NAME}


def mark(page: str) -> str:
    """What the preview says it was made of."""
    return re.search(r'name="version" value="([0-9a-f]{64})"', page).group(1)  # type: ignore[union-attr]


def lower(borrower: FlaskClient, plan: str) -> None:
    """Somebody offers less in another window."""
    form = {"kind": "reduce", "amount": "900", "from_on": "2027-01-18"}
    post(borrower, f"{plan}/creditors/1", form, status=303)


def count_shares(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Share)) or 0


def test_a_plan_changed_elsewhere_makes_no_link_and_shows_itself_with_all_that_was_typed(
    app: Flask, borrower: FlaskClient, plan: str
) -> None:
    form = FORM | {"version": mark(get(borrower, f"{plan}/preview"))}
    lower(borrower, plan)
    typed = form | {"borrower_name": "Sun Qian zqtyped", "passcode": "zq 4711", "days": "7"}
    page = post(borrower, f"{plan}/links", typed, status=409)
    assert "The plan has changed since you looked at it No link was made." in words(page)
    for kept in ("Sun Qian zqtyped", "zq 4711", "¥900 instead of"):
        assert kept in page.replace("\xa0", " ")
    assert re.search(r'value="7" checked', page)
    with app.app_context():
        assert db.session.scalars(select(Proposal.borrower_name)).one() == NAME
    assert count_shares(app) == 0
    post(borrower, f"{plan}/links", typed | {"version": mark(page)}, status=303)
    link = re.search(r"/s/[\w-]{22}", get(borrower, f"{plan}/links")).group()  # type: ignore[union-attr]
    code = visitor(app)
    post(code, f"{link}/open", {"code": "zq 4711"}, status=303)
    assert "¥900" in get(code, link)


def test_figures_that_changed_under_the_preview_count_as_well(
    app: Flask, household: Household, borrower: FlaskClient, plan: str
) -> None:
    form = FORM | {"version": mark(get(borrower, f"{plan}/preview", query_string=FORM))}
    with app.app_context():
        line = db.session.scalars(select(BudgetLine).where(BudgetLine.case_id == household.case_id)).first()
        assert line is not None
        line.amount_minor += 100
        db.session.commit()
    post(borrower, f"{plan}/links", form, status=409)
    assert count_shares(app) == 0


def test_a_link_never_goes_to_another_lender_than_the_preview_named(
    app: Flask, borrower: FlaskClient, plan: str
) -> None:
    with app.app_context():
        item = db.session.scalars(select(ProposalItem).where(ProposalItem.n == 2)).one()
        item.is_included = True
        db.session.commit()
    form = FORM | {"n": "2", "version": mark(get(borrower, f"{plan}/preview?n=2"))}
    post(borrower, f"{plan}/creditors/2", {"kind": "agreed"}, status=303)
    post(borrower, f"{plan}/links", form, status=409)
    assert count_shares(app) == 0


def test_an_unchanged_plan_makes_one_link_after_another(app: Flask, borrower: FlaskClient, plan: str) -> None:
    form = FORM | {"version": mark(get(borrower, f"{plan}/preview"))}
    for _ in range(2):
        post(borrower, f"{plan}/links", form, status=303)
    assert count_shares(app) == 2
