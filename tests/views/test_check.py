"""The public page that knows fingerprints and nothing else."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.extensions import db
from planner.models import Proposal, Share
from tests.factories import Household
from tests.lender import CAUSE, CONTACT, NAME, NUMBER, Plan, share_plan, stored_share
from tests.pages import get, post, words


@pytest.fixture
def shared(app: Flask, household: Household) -> Plan:
    """A plan shared with one lender."""
    with app.app_context():
        return share_plan(household)


def mark_of(app: Flask, plan: Plan) -> str:
    with app.app_context():
        return stored_share(plan).sha256


def test_a_genuine_copy_is_named_and_nothing_private(app: Flask, client: FlaskClient, shared: Plan) -> None:
    page = get(client, f"/check/{mark_of(app, shared)}?lang=en")
    text = words(page)
    assert "A copy with this fingerprint exists" in text
    assert "No newer version has been shared." in text
    for fact in ("RP-2026-1209-", "9 Dec 2026"):
        assert fact in text
    assert not any(mark in page for mark in (NAME, CONTACT, NUMBER, CAUSE, "海尔", "1,240", "1240"))


def test_a_printed_beginning_with_spaces_and_capitals_is_enough(app: Flask, client: FlaskClient, shared: Plan) -> None:
    mark = mark_of(app, shared)
    address = client.get("/check", query_string={"mark": f" {mark[:8].upper()} {mark[8:16]}-"}).location
    assert address == f"/check/{mark[:16]}"
    assert "exists" in get(client, f"{address}?lang=en")


def test_the_borrowers_own_copy_is_known_too(app: Flask, client: FlaskClient, shared: Plan) -> None:
    with app.app_context():
        mark = stored_share(shared).version.sha256
    assert "exists" in get(client, f"/check/{mark}?lang=en")


def test_a_newer_version_is_said(app: Flask, household: Household, client: FlaskClient, shared: Plan) -> None:
    mark = mark_of(app, shared)
    with app.app_context():
        plan = db.session.get(Proposal, shared.proposal_id)
        assert plan is not None
        plan.cause_text = "changed"
        newer = share_plan(household, plan=plan)
    assert "A newer version was shared after it." in words(get(client, f"/check/{mark}?lang=en"))
    assert "No newer version" in words(get(client, f"/check/{mark_of(app, newer)}?lang=en"))


@pytest.mark.parametrize("mark", ["0" * 64, "0" * 15, "x" * 64, "%2525", "0" * 65, "' or 1=1", "_" * 16])
def test_what_is_no_fingerprint_of_ours_is_said_so(client: FlaskClient, shared: Plan, mark: str) -> None:
    assert "No copy with this fingerprint" in words(get(client, f"/check/{mark}?lang=en", 404))


def test_a_few_signs_are_not_enough_to_look_around(app: Flask, client: FlaskClient, shared: Plan) -> None:
    get(client, f"/check/{mark_of(app, shared)[:15]}", 404)


def test_bad_input_says_what_to_type(client: FlaskClient) -> None:
    assert "Enter the letters and digits printed on the copy" in words(get(client, "/check?mark=&lang=en", 422))
    get(client, "/check?lang=en")
    post(client, "/check", {}, status=405)


def test_looking_around_is_limited(client: FlaskClient, limits: None) -> None:
    answers = [client.get(f"/check/{n:064x}").status_code for n in range(65)]
    assert (answers[0], answers[-1]) == (404, 429)


def test_a_removed_plan_is_forgotten(app: Flask, client: FlaskClient, shared: Plan) -> None:
    mark = mark_of(app, shared)
    with app.app_context():
        db.session.delete(db.session.get(Share, shared.share_id).version.proposal)  # type: ignore[union-attr]
        db.session.commit()
    get(client, f"/check/{mark}", 404)
