"""The lender's link: opens without an account, shows what was ticked, expires, is withdrawn, is counted."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import func, select

from planner.extensions import db
from planner.models import Share, ShareView
from tests.conftest import NOW
from tests.factories import Household
from tests.pages import get, post, words

ALL = dict.fromkeys(("name", "contact", "contract_number", "cause", "budget", "other_creditors"), "y")
MARKERS = {"borrower_name": "NAMEMARK 孙倩", "borrower_contact": "CONTACTMARK 138"}


@pytest.fixture
def plan(household: Household, borrower: FlaskClient) -> str:
    """A finished proposal's address; its cause and reference carry marks that must never leak."""
    location = post(borrower, f"/c/{household.case_id}/plans", {"loan_id": str(household.loan_ids["haier"])})
    address = location.removesuffix("/cause")
    post(borrower, f"{address}/cause", {"cause": "income", "new_income": "6400", "cause_text": "CAUSEMARK 取消加班"})
    post(borrower, f"{address}/offer", {"offered": "1240", "first_due": "2027-01-18"})
    return address


def make_link(borrower: FlaskClient, plan: str, **ticked: str) -> str:
    """A new link with these parts ticked; the path the lender opens."""
    post(borrower, f"{plan}/links", {"days": "14"} | MARKERS | ticked)
    return re.search(r"/s/[\w-]{22}", get(borrower, f"{plan}/links")).group()  # type: ignore[union-attr]


def pdf_text(content: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def test_the_lender_opens_it_without_an_account_and_every_copy_agrees(
    client: FlaskClient, borrower: FlaskClient, plan: str
) -> None:
    link = make_link(borrower, plan, **ALL)
    text = words(get(client, f"{link}?lang=en"))
    value = json.loads(client.get(f"{link}/plan.json").data)
    table = client.get(f"{link}/plan.csv?lang=en").data.decode("utf-8-sig")
    paper = pdf_text(client.get(f"{link}/plan.pdf?lang=en").data)
    for shown, plain in (("¥1,240", "1240.00"), ("¥11,115.57", "11115.57"), ("¥10,899.98", "10899.98")):
        assert shown in text
        assert shown in paper
        assert plain in json.dumps(value)
        assert plain in table
    for row in value["instalments"]:
        assert f"{float(row['payment']):,.2f}" in text
        assert f"{float(row['payment']):,.2f}" in paper
        assert row["payment"] in table
    assert value["sha256"][:16] in paper


def test_chinese_reads_as_chinese(client: FlaskClient, borrower: FlaskClient, plan: str) -> None:
    link = make_link(borrower, plan, **ALL)
    assert "我希望从2027年1月18日到2027年9月18日，分 9 期，每期还 ¥1,240。" in words(get(client, f"{link}?lang=zh"))
    assert "还款方案" in pdf_text(client.get(f"{link}/plan.pdf?lang=zh").data)


@pytest.mark.parametrize("unticked", list(ALL))
def test_what_is_not_ticked_is_in_no_copy(client: FlaskClient, borrower: FlaskClient, plan: str, unticked: str) -> None:
    marker = {"name": "NAMEMARK", "contact": "CONTACTMARK", "contract_number": "7731", "cause": "CAUSEMARK", "budget": "给爸妈",
              "other_creditors": "1,372"}[unticked]  # fmt: skip
    everything, link = (
        make_link(borrower, plan, **ALL),
        make_link(borrower, plan, **{k: v for k, v in ALL.items() if k != unticked}),
    )
    assert marker in words(get(client, everything))
    for copy in ("", "/plan.json", "/plan.csv"):
        content = client.get(f"{link}{copy}").get_data(as_text=True)
        assert marker not in content
        assert marker.replace(",", "") not in re.sub(r"[0-9a-f]{32,}", "", content)
    assert marker not in pdf_text(client.get(f"{link}/plan.pdf").data)


def test_unknown_expired_and_withdrawn_links_look_the_same(
    app: Flask, client: FlaskClient, borrower: FlaskClient, plan: str
) -> None:
    withdrawn, expired = make_link(borrower, plan, **ALL), make_link(borrower, plan, **ALL)
    share_id = re.search(r"/links/(\d+)/revoke", get(borrower, f"{plan}/links").split("Version")[2]).group(1)  # type: ignore[union-attr]
    get(client, withdrawn)
    post(borrower, f"{plan.split('/plans')[0]}/links/{share_id}/revoke", {})
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=NOW + timedelta(days=13, hours=23))
    get(client, expired)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=NOW + timedelta(days=14, minutes=1))
    pages = [get(client, f"{link}?lang=en", 404) for link in (withdrawn, expired, "/s/" + "x" * 22)]
    same = {re.sub(r'nonce="[^"]+"', "", page) for page in pages}
    assert len(same) == 1
    assert "This link does not open" in same.pop()
    for link in (withdrawn, expired, "/s/unknown"):
        for extension in ("pdf", "csv", "json"):
            assert client.get(f"{link}/plan.{extension}").status_code == 404


def test_views_count_people_not_programs(app: Flask, client: FlaskClient, borrower: FlaskClient, plan: str) -> None:
    link = make_link(borrower, plan, **ALL)
    client.head(link)
    client.get(link, headers={"User-Agent": "WhatsApp/2.23"})
    client.get(link, headers={"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ShareView)) == 0
    client.get(link, headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/120"})
    assert "Opened once, last on 9 Dec 08:12 with Chrome Windows" in words(get(borrower, f"{plan}/links"))


def test_the_version_a_link_shows_is_frozen(client: FlaskClient, borrower: FlaskClient, plan: str) -> None:
    link = make_link(borrower, plan, **ALL)
    before = client.get(f"{link}/plan.json").data
    post(borrower, f"{plan}/offer", {"offered": "1300", "first_due": "2027-01-18"})
    assert client.get(f"{link}/plan.json").data == before
    later = json.loads(client.get(f"{make_link(borrower, plan, **ALL)}/plan.json").data)
    assert (later["version"], later["offer"]["payment"]) == (2, "1300.00")


def test_only_the_hash_of_a_token_is_stored_and_it_is_shown_once(app: Flask, borrower: FlaskClient, plan: str) -> None:
    link = make_link(borrower, plan, **ALL)
    assert "/s/" not in get(borrower, f"{plan}/links")
    with app.app_context():
        assert link.removeprefix("/s/") not in db.session.scalars(select(Share.token_hash)).one()


def test_the_lenders_page_is_kept_out_of_searches_and_referrers(
    client: FlaskClient, borrower: FlaskClient, plan: str
) -> None:
    answer = client.get(make_link(borrower, plan, **ALL))
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_bad_input_makes_no_link(app: Flask, borrower: FlaskClient, plan: str) -> None:
    page = post(borrower, f"{plan}/links", {"days": "3650", "borrower_name": "x" * 81}, status=422)
    assert "Choose one of the options" in words(page)
    assert "Use at most 80 characters" in words(page)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Share)) == 0


def test_a_stranger_cannot_withdraw_and_a_viewer_neither(
    household: Household,
    borrower: FlaskClient,
    stranger: FlaskClient,
    viewer: FlaskClient,
    client: FlaskClient,
    plan: str,
) -> None:
    link = make_link(borrower, plan, **ALL)
    for case_id in (household.case_id, household.stranger_case_id):
        post(stranger, f"/c/{case_id}/links/1/revoke", {}, status=404)
    post(viewer, f"/c/{household.case_id}/links/1/revoke", {}, status=403)
    get(client, link)


@pytest.mark.usefixtures("limits")
def test_guessing_is_limited_and_the_right_link_still_opens_elsewhere(
    app: Flask, borrower: FlaskClient, plan: str
) -> None:
    link = make_link(borrower, plan, **ALL)
    guesser, lender = app.test_client(), app.test_client()
    place, forged = {"REMOTE_ADDR": "203.0.113.9"}, {"X-Forwarded-For": "198.51.100.7"}
    answers = [guesser.get(f"/s/{n:022d}", environ_base=place).status_code for n in range(70)]
    assert answers[0] == 404
    assert answers[-1] == 429
    assert guesser.get("/s/x", environ_base=place, headers=forged).status_code == 429
    assert lender.get(link, environ_base={"REMOTE_ADDR": "203.0.113.10"}).status_code == 200
