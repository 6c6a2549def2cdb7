"""The lender's link: who gets in, what counts, what is shown, and that nothing else ever is."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, true

from planner import serving
from planner.documents.proposal import PARTS
from planner.extensions import db
from planner.models import Loan, Share, ShareView
from planner.sharing import opening
from planner.sharing import services as sharing
from tests.factories import Household
from tests.lender import CAUSE, CONTACT, NAME, NUMBER, Plan, open_at_once, share_plan, stored_share, try_codes, visitor
from tests.pages import get, post, words

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


@pytest.fixture
def shared(app: Flask, household: Household) -> Plan:
    """A plan shared with the consumer lender, everything ticked."""
    with app.app_context():
        return share_plan(household)


def make(app: Flask, household: Household, **wishes: Any) -> Plan:
    with app.app_context():
        return share_plan(household, **wishes)


def views_of(app: Flask, plan: Plan) -> tuple[int, int]:
    """How often the link counts as opened, and how many openings are logged."""
    with app.app_context():
        logged = db.session.scalar(select(func.count()).where(ShareView.share_id == plan.share_id))
        return stored_share(plan).view_count, logged or 0


def test_the_lender_reads_the_plan_without_an_account(app: Flask, shared: Plan) -> None:
    text = words(get(visitor(app), shared.link))
    for figure in ("海尔消费金融", "¥1,240", "18 Jan 2027", "¥11,115.57", NAME, CONTACT, NUMBER, CAUSE, "Your answer"):
        assert figure in text
    assert views_of(app, shared) == (1, 1)


@pytest.mark.parametrize(("lang", "title"), [("zh", "还款方案"), ("en", "Proposed repayment plan")])
def test_the_reader_may_switch_the_language(app: Flask, shared: Plan, lang: str, title: str) -> None:
    assert title in get(visitor(app), f"{shared.link}?lang={lang}")


def test_the_page_opens_in_the_language_the_borrower_chose(app: Flask, household: Household) -> None:
    plan = make(app, household, lang="zh_Hans_CN")
    assert '<html lang="zh-CN"' in get(visitor(app), plan.link)


def test_every_answer_is_private_and_names_no_one_to_third_parties(app: Flask, shared: Plan) -> None:
    reader = visitor(app)
    for address in (shared.link, f"{shared.link}/plan.json", f"/s/{'x' * 22}"):
        headers = reader.get(address).headers
        assert {name: headers[name] for name in HEADERS} == HEADERS


def test_a_visit_counts_once_whatever_is_read_in_it(app: Flask, shared: Plan) -> None:
    reader = visitor(app)
    for address in (shared.link, f"{shared.link}?lang=zh", f"{shared.link}/plan.csv", shared.link):
        reader.get(address)
    assert views_of(app, shared) == (1, 1)
    visitor(app, "198.51.100.8").get(shared.link)
    assert views_of(app, shared) == (2, 2)


@pytest.mark.parametrize(
    "agent",
    [
        "Slackbot-LinkExpanding 1.0",
        "WhatsApp/2.23",
        "facebookexternalhit/1.1",
        "TelegramBot (like TwitterBot)",
        "curl/8.5",
    ],
)
def test_programs_that_fetch_previews_see_a_cover_and_do_not_count(app: Flask, shared: Plan, agent: str) -> None:
    page = get(visitor(app, agent=agent), shared.link)
    assert "Open the plan" in page
    assert not any(mark in page for mark in (NAME, "1,240", "海尔"))
    assert views_of(app, shared) == (0, 0)


def test_a_real_phone_whose_name_ends_like_a_robots_is_let_in(app: Flask, shared: Plan) -> None:
    agent = "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
    assert "¥1,240" in get(visitor(app, agent=agent), shared.link)


def test_head_and_loading_ahead_do_not_count(app: Flask, shared: Plan) -> None:
    reader = visitor(app)
    assert reader.head(shared.link).status_code == 200
    assert "1,240" not in get(reader, shared.link, headers={"Sec-Purpose": "prefetch"})
    assert views_of(app, shared) == (0, 0)


def test_who_was_taken_for_a_program_opens_it_with_a_button(app: Flask, shared: Plan) -> None:
    reader = visitor(app, agent="curl/8.5")
    assert reader.post(f"{shared.link}/open", data={}).status_code == 303
    assert "¥1,240" in get(reader, shared.link)
    assert views_of(app, shared) == (1, 1)


def test_the_household_looks_at_its_own_plan_without_being_counted(
    app: Flask, borrower: FlaskClient, shared: Plan
) -> None:
    assert "Here the lender answers" in get(borrower, shared.link)
    assert views_of(app, shared) == (0, 0)
    post(borrower, f"{shared.link}/answer", {"kind": "accept", "person": "x", "step": "send"}, status=303)


def closed(app: Flask, household: Household, how: str) -> str:
    """The address of a link that no longer opens."""
    if how == "unknown":
        return f"/s/{'A' * 22}"
    plan = make(app, household, most_views=1 if how == "used up" else None)
    with app.app_context():
        share = stored_share(plan)
        if how == "revoked":
            sharing.revoke(share, share.created_at)
        elif how == "expired":
            share.expires_at = share.created_at
        elif how == "used up":
            share.view_count = 1
        db.session.commit()
    return plan.link


def test_closed_links_look_the_same_whatever_closed_them(app: Flask, household: Household) -> None:
    pages = {
        re.sub(r'nonce="[^"]+"', "", get(visitor(app), closed(app, household, how), 404))
        for how in ("unknown", "revoked", "expired", "used up")
    }
    assert len(pages) == 1
    assert "This link does not open" in pages.pop()


@pytest.mark.parametrize("how", ["revoked", "expired", "used up"])
def test_nothing_of_a_closed_link_is_left(app: Flask, household: Household, how: str) -> None:
    address = closed(app, household, how)
    reader = visitor(app)
    for path in ("/plan.pdf", "/plan.json", "/plan.ics"):
        get(reader, address + path, 404)
    for path in ("/answer", "/open"):
        post(reader, address + path, {"kind": "accept", "person": "x", "step": "send"}, status=404)


def test_withdrawing_counts_on_the_next_request_even_within_a_visit(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan
) -> None:
    reader = visitor(app)
    get(reader, shared.link)
    post(borrower, f"/c/{household.case_id}/links/{shared.share_id}/revoke", {})
    get(reader, shared.link, 404)


def test_a_visit_ends(app: Flask, household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, reader = make(app, household, most_views=1), visitor(app)
    get(reader, plan.link)
    get(reader, plan.link)
    monkeypatch.setattr(opening, "VISIT", timedelta(seconds=-1))
    get(reader, plan.link, 404)


def test_a_visit_to_one_link_opens_no_other(app: Flask, household: Household) -> None:
    first, second = make(app, household), make(app, household, passcode="123 456")
    reader = visitor(app)
    get(reader, first.link)
    assert "1,240" not in get(reader, second.link)


def test_of_a_hundred_at_once_one_opens_a_one_view_link(app: Flask, household: Household) -> None:
    plan = make(app, household, most_views=1)
    assert open_at_once(app, plan) == 1
    assert views_of(app, plan) == (1, 1)


def test_without_the_condition_more_would_open_it(
    app: Flask, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_may_open", lambda now: (true(),))
    assert open_at_once(app, make(app, household, most_views=1), 30) > 1


def test_a_code_is_asked_for_and_remembered_for_the_visit(app: Flask, household: Household) -> None:
    plan, reader = make(app, household, passcode="123 456"), visitor(app)
    cover = get(reader, plan.link)
    assert "code the borrower gave you" in words(cover)
    assert not any(mark in cover for mark in (NAME, "1,240", "海尔"))
    assert "This is not the code" in post(reader, f"{plan.link}/open", {"code": "123457"}, status=422)
    assert reader.get(f"{plan.link}/plan.json").status_code == 303
    assert views_of(app, plan) == (0, 0)
    post(reader, f"{plan.link}/open", {"code": "123 456"}, status=303)
    assert "¥1,240" in get(reader, plan.link)
    assert "1,240" not in get(visitor(app), plan.link)
    with app.app_context():
        stored = stored_share(plan)
        assert stored.passcode_hash.startswith("$argon2id$")  # type: ignore[union-attr]
        assert (stored.wrong_codes, stored.view_count) == (1, 1)


def test_ten_wrong_codes_an_hour_close_the_door_for_every_address(app: Flask, household: Household) -> None:
    plan = make(app, household, passcode="123456")
    for n in range(10):
        page = post(visitor(app, f"198.51.100.{n}"), f"{plan.link}/open", {"code": f"{n:06}"}, status=422)
        assert "This is not the code" in page
    late = visitor(app, "203.0.113.1")
    assert "Too many wrong codes" in post(late, f"{plan.link}/open", {"code": "123456"}, status=422)


def test_many_codes_at_once_get_no_more_tries(app: Flask, household: Household) -> None:
    assert try_codes(app, make(app, household, passcode="123456"), 30) == 10


def test_guessing_links_opens_nothing_and_the_right_one_opens_elsewhere(app: Flask, shared: Plan, limits: None) -> None:
    """Ten thousand of them take two minutes: benchmarks/links.py."""
    guesser, statuses = visitor(app), []
    for n in range(600):
        path = ("", "/plan.pdf", "/plan.json")[n % 3]
        statuses.append(guesser.get(f"/s/{n:022}{path}").status_code)
    assert set(statuses[:60]) == {404}
    assert set(statuses[60:]) == {429}
    assert guesser.get(shared.link).status_code == 429
    assert "¥1,240" in get(visitor(app, "203.0.113.9"), shared.link)


HIDDEN = {
    "name": NAME, "contact": CONTACT, "contract_number": NUMBER, "cause": CAUSE, "budget": "给爸妈",
    "other_creditors": "zqother", "other_names": "zqother",
}  # fmt: skip


@pytest.mark.parametrize("part", sorted(HIDDEN))
def test_what_is_not_ticked_is_in_nothing_the_lender_gets(app: Flask, household: Household, part: str) -> None:
    with app.app_context():
        for loan in db.session.scalars(select(Loan).where(Loan.case_id == household.case_id)):
            if loan.id != household.loan_ids["haier"]:
                loan.creditor = "zqother"
        plan = share_plan(household, [each for each in PARTS if each != part])
        whole = share_plan(household)
    assert HIDDEN[part] in get(visitor(app), whole.link)
    reader = visitor(app)
    assert HIDDEN[part] not in get(reader, plan.link)
    for name in ("csv", "json", "ics", "sfs", "fineract", "frappe"):
        assert HIDDEN[part] not in reader.get(f"{plan.link}/plan.{name}").get_data(as_text=True), name


def test_the_files_are_those_of_the_copy(app: Flask, shared: Plan) -> None:
    reader = visitor(app)
    get(reader, shared.link)
    value = json.loads(reader.get(f"{shared.link}/plan.json").data)
    with app.app_context():
        assert value["sha256"] == stored_share(shared).sha256
    assert reader.get(f"{shared.link}/plan.pdf").data.startswith(b"%PDF-")
    assert reader.get(f"{shared.link}/plan.xlsx").data.startswith(b"PK")
    get(reader, f"{shared.link}/plan.exe", 404)


def test_tokens_are_stored_as_hashes_and_stand_in_no_log(
    app: Flask, shared: Plan, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        get(visitor(app), shared.link)
        get(visitor(app), f"/s/{shared.token}x", 404)
    assert shared.token not in caplog.text + "".join(capsys.readouterr())
    with app.app_context():
        row = db.session.execute(select(Share.__table__).where(Share.id == shared.share_id)).mappings().one()
    assert shared.token not in str(dict(row))
    assert len(shared.token) >= 22


def test_gunicorn_writes_no_access_log() -> None:
    source = re.sub(r"\s+", " ", Path(serving.__file__).read_text("utf-8"))
    assert "accesslog" not in source or '"accesslog": None' in source


# The borrower's side.


def links(household: Household, plan: Plan) -> str:
    return f"/c/{household.case_id}/plans/{plan.proposal_id}"


def test_the_preview_is_exactly_what_the_lender_sees(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan
) -> None:
    address = links(household, shared)
    ticked = {"days": "14", "lang": "en", "budget": "y", "cause": "y", "borrower_name": NAME, "name": "y"}
    preview = get(borrower, f"{address}/preview", query_string=ticked)
    post(borrower, f"{address}/links", ticked, status=303)
    link = re.search(r"/s/[\w-]{22}", get(borrower, f"{address}/links")).group()  # type: ignore[union-attr]
    page = get(visitor(app), link)
    body = page[page.index("</header>", page.index("<main")) :]
    core = body[body.index('<section class="card"><p><b>') : body.index("Owed when the plan begins")]
    assert core in preview
    assert (NAME in page, CONTACT in page) == (True, False)


def test_a_link_is_shown_once_and_every_opening_is(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan
) -> None:
    address = links(household, shared)
    post(borrower, f"{address}/links", {"days": "7", "lang": "en", "most_views": "3"}, status=303)
    first = get(borrower, f"{address}/links")
    link = re.search(r"/s/[\w-]{22}", first).group()  # type: ignore[union-attr]
    assert link not in get(borrower, f"{address}/links")
    get(visitor(app), link)
    text = words(get(borrower, f"{address}/links"))
    assert "Opened once of 3" in text
    assert "Firefox Windows" in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"days": "900"}, "Choose one of the options"),
        ({"lang": "xx"}, "Choose one of the options"),
        ({"passcode": "12345"}, "Use at least 6 characters"),
        ({"most_views": "0"}, "Enter a whole number from 1 to 999"),
        ({"email": "nobody"}, "Enter a whole address"),
        ({"borrower_name": "x" * 81}, "Use at most 80 characters"),
    ],
)
def test_bad_input_makes_no_link(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, change: dict[str, str], sentence: str
) -> None:
    page = post(borrower, f"{links(household, shared)}/links", {"days": "14", "lang": "en"} | change, status=422)
    assert sentence in words(page)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Share)) == 1


def test_another_user_finds_nothing_and_a_viewer_makes_no_link(
    household: Household, stranger: FlaskClient, viewer: FlaskClient, shared: Plan
) -> None:
    address = links(household, shared)
    for path in ("preview", "links"):
        get(stranger, f"{address}/{path}", 404)
    post(stranger, f"{address}/links", {"days": "14"}, status=404)
    post(stranger, f"/c/{household.stranger_case_id}/links/{shared.share_id}/revoke", {}, status=404)
    get(viewer, f"{address}/links")
    get(viewer, f"{address}/preview", 403)
    post(viewer, f"{address}/links", {"days": "14"}, status=403)
    post(viewer, f"/c/{household.case_id}/links/{shared.share_id}/revoke", {}, status=403)


def test_removing_a_plan_closes_its_links(app: Flask, household: Household, shared: Plan) -> None:
    with app.app_context():
        db.session.delete(stored_share(shared).version.proposal)
        db.session.commit()
    get(visitor(app), shared.link, 404)


def test_the_page_needs_a_constant_number_of_queries(
    app: Flask, shared: Plan, count_queries: Callable[[], int]
) -> None:
    reader = visitor(app)
    get(reader, shared.link)
    before = count_queries()
    get(reader, shared.link)
    assert count_queries() - before <= 8
