"""Every role against every route and method, drawn from the URL map; what each may do is decided in tests/access_decisions.py.

The views themselves are not run where the door opens: what is tried is the door. A last test runs the pages for the roles that
see most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule

from planner import access
from planner.extensions import db
from planner.models import AuditEntry, Consent, Part, Scope
from tests.access_decisions import Decided, decisions
from tests.addresses import address_values
from tests.agency import GIVEN, SHARED, Desk, give_consent
from tests.conftest import NOW
from tests.factories import Household, make_user, sign_in_as

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OF_ROLE = {"borrower": {"view", "edit", "draft", "record", "share", "manage"}, "viewer": {"view"}}
OF_SCOPE = {
    "view": {"view"},
    "propose": {"view", "edit", "draft"},
    "edit": {"view", "edit", "draft", "record", "share"},
}
WITH_PLANS = (Part.PLANS, Part.BUDGET, Part.LOANS)
CHOICES = {"all": SHARED, "plans": WITH_PLANS, **{part.value: (part,) for part in SHARED if part != Part.PLANS}}
OPENED = "X-Door"


@dataclass(frozen=True)
class Role:
    """Who asks: `permissions` and `parts` of the case they hold, their place at an agency, whether a second factor is proved."""

    name: str
    permissions: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    desk: str = ""
    factor: bool = True
    is_known: bool = True


def roles() -> Iterator[Role]:
    """Everybody there is."""
    everything = frozenset(part.value for part in Part)
    yield Role("nobody", is_known=False)
    yield Role("stranger")
    for name, permissions in OF_ROLE.items():
        yield Role(name, frozenset(permissions), everything)
    for scope, permissions in OF_SCOPE.items():
        for chosen, parts in CHOICES.items():
            shared = frozenset(part.value for part in parts)
            yield Role(f"{scope}-{chosen}", frozenset(permissions), shared, "counsellor")
    for name in ("expired", "revoked", "colleague"):
        yield Role(name, desk="counsellor")
    yield Role("admin", desk="admin")
    yield Role("no-factor", frozenset(OF_SCOPE["edit"]), frozenset(SHARED), "counsellor", factor=False)
    yield Role("left-the-agency")


ROLES = {role.name: role for role in roles()}


def expected(role: Role, decided: Decided) -> str:
    """What the door must answer: open, sign-in, factor, 403 or 404."""
    if decided.kind == "public":
        return "open"
    if not role.is_known:
        return "sign-in"
    if decided.kind == "signed_in":
        return "open"
    if decided.kind in ("agency", "admin"):
        if not role.desk:
            return "404"
        if decided.kind == "admin" and role.desk != "admin":
            return "403"
        return "open" if role.factor else "factor"
    if not role.permissions:
        return "404"
    if not role.factor:
        return "factor"
    return "open" if decided.permission in role.permissions and decided.parts <= role.parts else "403"


@pytest.fixture
def as_role(app: Flask, household: Household, desk: Desk) -> Callable[[Role], FlaskClient]:
    """A browser of somebody with this role."""

    def enter(role: Role) -> FlaskClient:
        if not role.is_known:
            return app.test_client()
        own = {"borrower": household.user_id, "viewer": household.viewer_id, "stranger": household.stranger_id}
        if role.name in own:
            return sign_in_as(app, own[role.name], second_factor=True)
        with app.app_context():
            key = _counsellor(role, household, desk)
            db.session.commit()
        return sign_in_as(app, key, second_factor=role.factor)

    return enter


def _counsellor(role: Role, household: Household, desk: Desk) -> int:
    if role.name == "admin":
        give_consent(household.case_id, desk, desk.lin_id)
        return desk.admin_id
    if role.name == "colleague":
        give_consent(household.case_id, desk, desk.lin_id)
        return desk.chen_id
    if role.name == "left-the-agency":
        key = make_user("former@harbour.example").id
        give_consent(household.case_id, desk, key)
        return key
    consent = give_consent(household.case_id, desk, desk.lin_id)
    if role.name == "expired":
        consent.expires_at = NOW
    elif role.name == "revoked":
        consent.ended_at = GIVEN
    elif role.name != "no-factor":
        scope, _sep, chosen = role.name.partition("-")
        consent.scope, consent.parts = Scope(scope), sorted(CHOICES[chosen])
    return desk.lin_id


def routes(app: Flask) -> Iterator[Rule]:
    """Every rule but that of static files."""
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def answered(answer: Any) -> str:
    """How the door answered."""
    where = answer.headers.get("Location", "")
    if answer.status_code == 302 and where.partition("?")[0] in ("/sign-in", "/account/second-factor/needed"):
        return "sign-in" if where.startswith("/sign-in") else "factor"
    return str(answer.status_code) if answer.status_code in (403, 404, 405) else "open"


def test_every_route_is_decided(app: Flask) -> None:
    there, decided = {rule.endpoint for rule in routes(app)}, set(decisions())
    assert there - decided == set(), "decide who may use these in tests/access_decisions.py"
    assert decided - there == set(), "these routes are gone"


def test_the_views_state_what_was_decided(app: Flask) -> None:
    """The mark that each view carries says the same; the matrix below shows that it is kept."""
    kinds = {"agency_counsellor": "agency", "agency_admin": "admin"}
    for endpoint, decided in decisions().items():
        view = app.view_functions[endpoint]
        rule = view.access_rule  # type: ignore[attr-defined]
        said = kinds.get(rule, rule)
        assert said == (decided.permission if decided.kind == "case" else decided.kind), endpoint
        assert {str(part) for part in getattr(view, "access_parts", ())} == decided.parts, endpoint


@pytest.mark.parametrize("name", ROLES)
def test_a_role_may_do_what_was_decided_and_nothing_else(
    app: Flask, household: Household, as_role: Callable[[Role], FlaskClient], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    role, known = ROLES[name], decisions()
    browser = as_role(role)
    monkeypatch.setattr(access, "MOST_GUESSES", 10_000)
    monkeypatch.setattr(access, "_answer", lambda view, permission: ("", 200, {OPENED: "open"}))
    wrong, cells = [], 0
    adapter = app.url_map.bind("localhost")
    for rule in routes(app):
        decided = known[rule.endpoint]
        for method in sorted(rule.methods & set(METHODS)):
            if decided.kind in ("public", "signed_in") and (role.is_known or decided.kind == "public"):
                continue  # these run the view itself: their own tests do that
            path = adapter.build(rule.endpoint, address_values(household, rule), method=method)
            answer = browser.open(path, method=method)
            found, cells = answered(answer), cells + 1
            if found != expected(role, decided):
                wrong.append((rule.endpoint, method, found, expected(role, decided)))
    assert wrong == []
    assert cells


def test_methods_that_no_route_has_are_refused_for_everybody(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    adapter = app.url_map.bind("localhost")
    for rule in routes(app):
        path = adapter.build(rule.endpoint, address_values(household, rule), method=min(rule.methods & {"GET", "POST"}))
        for method in ("PUT", "PATCH", "DELETE"):
            if method not in rule.methods:
                assert borrower.open(path, method=method).status_code == 405, (path, method)


def test_the_matrix_is_not_smaller_than_promised(app: Flask) -> None:
    routed = sum(
        len(rule.methods & set(METHODS)) for rule in routes(app) if decisions()[rule.endpoint].kind != "public"
    )
    assert routed * len(ROLES) >= 2_000


@pytest.mark.parametrize(
    "name", ["borrower", "viewer", "edit-all", "propose-all", "view-all", "edit-budget", "edit-loans"]
)
def test_the_pages_a_role_may_open_are_whole(
    app: Flask, household: Household, as_role: Callable[[Role], FlaskClient], name: str
) -> None:
    """Run for real: no page breaks because something in it is not shared, and each leaves its line in the log."""
    role, browser, adapter = ROLES[name], as_role(ROLES[name]), app.url_map.bind("localhost")
    looks = 0
    for rule in routes(app):
        decided = decisions()[rule.endpoint]
        if decided.kind != "case" or "GET" not in rule.methods or expected(role, decided) != "open":
            continue
        path = adapter.build(rule.endpoint, address_values(household, rule), method="GET")
        status = browser.get(path).status_code
        assert status in (200, 302, 303, 404), path
        looks += status != 404
    with app.app_context():
        told = db.session.scalar(select(func.count()).select_from(AuditEntry))
    assert looks > 10
    assert told == (looks if role.desk else 0)


def test_the_newest_consent_counts(app: Flask, household: Household, desk: Desk) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id).ended_at = GIVEN
        db.session.flush()
        give_consent(household.case_id, desk, desk.lin_id, Scope.VIEW, (Part.BUDGET,))
        db.session.commit()
        assert db.session.query(Consent).count() == 2
    lin = sign_in_as(app, desk.lin_id, second_factor=True)
    assert lin.get(f"/c/{household.case_id}/budget").status_code == 200
    assert lin.get(f"/c/{household.case_id}/loans").status_code == 403
    assert lin.post(f"/c/{household.case_id}/budget/new", data={}).status_code == 403
