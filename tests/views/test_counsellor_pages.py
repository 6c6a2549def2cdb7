"""A counsellor walks a client's pages: every link and form there leads where the consent allows, and no loan is named where loans
are kept back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from planner.access import Permission, permissions_of
from planner.extensions import db
from planner.models import Consent, Part, Scope
from tests.agency import Desk, case_of, give_consent, make_desk
from tests.factories import Household, sign_in_as
from tests.lender import share_plan
from tests.pages import get, words

B, L, P, C, F = Part.BUDGET, Part.LOANS, Part.PLANS, Part.CONTACTS, Part.FILES
FIRST = {
    "": {B, L}, "/budget": {B}, "/loans": {L}, "/radar": {B, L}, "/payoff": {B, L}, "/plans": {B, L, P}, "/talks": {C},
    "/evidence": {F},
}  # fmt: skip
SHARES = ({B}, {L}, {C}, {F}, {B, L}, {B, L, P}, {B, L, P, C, F})
MOST_PAGES = 80


@pytest.fixture
def desk(app: Flask, household: Household) -> Desk:
    """An agency; the household's money in hand is known and its plan was shared, so that every page has something to say."""
    with app.test_request_context():
        made = make_desk()
        case = case_of(household.case_id)
        case.balance_minor, case.balance_on = 170_309, case.created_at.date()
        share_plan(household)
        db.session.commit()
    return made


def counsellor(app: Flask, household: Household, desk: Desk, scope: Scope, parts: set[Part]) -> FlaskClient:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id, scope, parts)
        db.session.commit()
    return sign_in_as(app, desk.lin_id, second_factor=True)


def links(html: str, root: str) -> Iterator[str]:
    for address in re.findall(r'<a\b[^>]*href="([^"#]*)', html):
        if unescape(address).startswith(root):
            yield unescape(address)


def forms(app: Flask, html: str, page: str) -> Iterator[str]:
    """The endpoints of the forms on a page that post."""
    for action in re.findall(r'<form method="post"(?:[^>]*?action="([^"]*)")?', html):
        address = unescape(action or page).split("?")[0]
        try:
            yield app.url_map.bind("localhost").match(address, method="POST")[0]
        except HTTPException:
            continue


def may_post(app: Flask, endpoint: str, scope: Scope, parts: set[Part]) -> bool:
    view = app.view_functions[endpoint]
    rule = view.access_rule
    if rule not in set(Permission):
        return True
    return rule in permissions_of(Consent(scope=scope)) and view.access_parts <= parts


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("parts", SHARES, ids=lambda parts: "+".join(sorted(parts)))
def test_every_link_and_form_leads_where_the_consent_allows(
    app: Flask, household: Household, desk: Desk, scope: Scope, parts: set[Part]
) -> None:
    browser, root = counsellor(app, household, desk, scope, parts), f"/c/{household.case_id}"
    waiting = [(f"{root}{path or '/'}", "start") for path, needed in FIRST.items() if needed <= parts]
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        address, origin = waiting.pop()
        kind = re.sub(r"\d+", "N", address.split("?")[0])
        if kind in seen:
            continue
        seen.add(kind)
        answer = browser.get(address)
        assert answer.status_code in (200, 302), f"{origin} leads to {address}: {answer.status_code}"
        if answer.mimetype == "text/html":
            html = answer.get_data(as_text=True)
            waiting += [(each, address) for each in links(html, root)]
            refused = [each for each in forms(app, html, address) if not may_post(app, each, scope, parts)]
            assert not refused, f"{address} has forms that are refused: {refused}"
    assert len(seen) >= 1


@pytest.mark.parametrize("path", ["/budget", "/budget?cycle=now", "/budget/statement"])
def test_without_the_loans_the_budget_names_none(app: Flask, household: Household, desk: Desk, path: str) -> None:
    browser = counsellor(app, household, desk, Scope.EDIT, {B})
    html = get(browser, f"/c/{household.case_id}{path}")
    assert "工资" in html
    for name in ("海尔", "信用卡", "快惠"):
        assert name not in html


def test_a_page_says_whose_file_it_is_and_that_looking_is_logged(app: Flask, household: Household, desk: Desk) -> None:
    browser = counsellor(app, household, desk, Scope.PROPOSE, {B})
    text = words(get(browser, f"/c/{household.case_id}/budget"))
    assert "File of Sun Qian, client 0001" in text
    assert "suggest changes that your client approves" in text
    assert "What you open here is logged for your client" in text


def test_the_menu_holds_only_what_is_shared(app: Flask, household: Household, desk: Desk) -> None:
    browser = counsellor(app, household, desk, Scope.EDIT, {L, C})
    page = get(browser, f"/c/{household.case_id}/loans")
    menu = words(page.split('<nav class="tabs"')[1].split("</nav>")[0])
    assert [each in menu for each in ("Loans", "Talks")] == [True] * 2
    assert "Back to the client" in words(page)
    assert not [each for each in ("Today", "Budget", "Plan", "More", "Evidence") if each in menu]


def test_the_household_itself_sees_no_banner_and_all_tabs(household: Household, borrower: FlaskClient) -> None:
    text = words(get(borrower, f"/c/{household.case_id}/budget"))
    assert "logged for your client" not in text
    assert all(tab in text for tab in ("Today", "Budget", "Loans", "Plan", "More"))
