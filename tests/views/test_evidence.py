"""The evidence pages: adding, looking, opening, renaming, attaching, removing, and who may do which."""

from __future__ import annotations

import random
import re
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from planner.evidence import services, views
from planner.extensions import db
from planner.models import Case, Confirmation, Evidence
from planner.security import MAX_BODY_BYTES
from tests.evidence import PLANTED, heic, pdf, photo, screenshot
from tests.factories import CREATED, Household
from tests.lender import share_plan
from tests.pages import assert_sound, get, post, words
from tests.services.test_evidence import make_plan


@pytest.fixture
def page(household: Household) -> str:
    return f"/c/{household.case_id}/evidence"


def send(client: FlaskClient, page: str, *files: tuple[bytes, str], **more: Any) -> TestResponse:
    data: dict[str, Any] = {"files": [(BytesIO(data), name) for data, name in files], **more}
    return client.post(page, data=data, content_type="multipart/form-data")


def add(client: FlaskClient, page: str, data: bytes = b"", name: str = "payslip.jpg") -> None:
    answer = send(client, page, (data or photo(), name))
    assert answer.status_code == 303, words(answer.text)[:400]


def rows(app: Flask) -> list[Evidence]:
    with app.app_context():
        return list(db.session.scalars(select(Evidence).order_by(Evidence.id)))


def stored(app: Flask) -> list[Path]:
    return [path for path in (app.config["SETTINGS"].instance / "evidence").rglob("*") if path.is_file()]


def test_several_files_are_added_at_once_and_listed(app: Flask, borrower: FlaskClient, page: str) -> None:
    empty = get(borrower, page)
    assert "Nothing yet." in words(empty)
    assert re.search(r'<input[^>]*type="file" multiple accept="image/\*,application/pdf"', empty)
    answer = send(borrower, page, (photo(), "IMG_1.jpg"), (pdf(), "工资条.pdf"))
    assert (answer.status_code, answer.location) == (303, page)
    text = words(get(borrower, page))
    for part in ("2 files added", "IMG_1.jpg Photo, 1 kB, 9 Dec 2026", "工资条.pdf PDF, 1 kB", "of 100 MB", "2 of 100"):
        assert part in text, part
    assert [(row.name, row.kind) for row in rows(app)] == [
        ("IMG_1.jpg", "image/jpeg"), ("工资条.pdf", "application/pdf"),
    ]  # fmt: skip
    assert len(stored(app)) == 2


def test_more_leads_here(borrower: FlaskClient, household: Household, page: str) -> None:
    assert f'href="{page}"' in get(borrower, f"/c/{household.case_id}/more")


def test_nothing_chosen_is_a_sentence(app: Flask, borrower: FlaskClient, page: str) -> None:
    for answer in (send(borrower, page), send(borrower, page, (b"", "")), borrower.post(page, data={"files": "x"})):
        assert answer.status_code == 422
        assert_sound(answer.text)
        assert "Choose a photo or a PDF" in words(answer.text)
    assert rows(app) == []


def test_what_was_refused_is_named_with_its_reason_and_the_rest_is_kept(
    app: Flask, borrower: FlaskClient, page: str
) -> None:
    answer = send(borrower, page, (heic(), "IMG_2.HEIC"), (photo(), "ok.jpg"), (b"MZ...", "run<b>.exe"))
    assert answer.status_code == 422
    assert_sound(answer.text)
    text = words(answer.text)
    assert "IMG_2.HEIC: HEIC and AVIF photos cannot be read here. Send it as JPEG" in text
    assert "run b .exe: neither a photo (JPEG, PNG, WebP) nor a PDF" in text
    assert "1 file added" in text
    assert [row.name for row in rows(app)] == ["ok.jpg"]


def test_a_file_over_10_mb_is_refused_with_the_limit(app: Flask, borrower: FlaskClient, page: str) -> None:
    large = photo() + bytes(10 * 1024 * 1024)
    answer = send(borrower, page, (large, "large.jpg"))
    assert (answer.status_code, rows(app), stored(app)) == (422, [], [])
    assert "large.jpg: larger than 10 MB" in words(answer.text)
    just = photo()
    answer = send(borrower, page, (just + bytes(10 * 1024 * 1024 - len(just)), "just.jpg"))
    assert answer.status_code == 303, "10 MB itself is allowed"


def test_a_body_over_50_mb_is_refused_before_it_is_read(
    app: Flask, borrower: FlaskClient, household: Household, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_AT_ONCE", 2 * MAX_BODY_BYTES)
    answer = send(borrower, page, (bytes(3 * MAX_BODY_BYTES), "large.jpg"))
    assert (answer.status_code, answer.location, rows(app)) == (303, page, [])
    assert "send at most 50 MB at a time, and at most 10 MB a file" in words(get(borrower, page))
    budget = f"/c/{household.case_id}/budget/new?kind=expense"
    other = borrower.post(budget, data={"name": (BytesIO(bytes(2 * MAX_BODY_BYTES)), "x")})
    assert other.status_code == 413, "other forms keep their limit"


def test_a_full_case_says_so(app: Flask, borrower: FlaskClient, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_IN_CASE", 100)
    answer = send(borrower, page, (photo(), "a.jpg"))
    assert answer.status_code == 422
    assert "a.jpg: it does not fit in the 100 MB of the case" in words(answer.text)
    assert (rows(app), stored(app)) == ([], [])


def test_a_download_is_the_kept_file_and_can_do_nothing_in_a_browser(
    app: Flask, borrower: FlaskClient, viewer: FlaskClient, page: str
) -> None:
    add(borrower, page, name="工资条 11月.jpg")
    row, path = rows(app)[0], stored(app)[0]
    (address,) = re.findall(rf'href="({page}/\d+/[^"]+)"', get(viewer, page))
    for client in (borrower, viewer):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.data == path.read_bytes()
        assert not [mark for mark in PLANTED if mark in answer.data]
        head = answer.headers
        assert head["Content-Type"] == "image/jpeg"
        assert head["Content-Disposition"].startswith("attachment;")
        assert "filename*=UTF-8''%E5%B7%A5%E8%B5%84%E6%9D%A1%2011%E6%9C%88.jpg" in head["Content-Disposition"]
        assert head["X-Content-Type-Options"] == "nosniff"
        assert head["Cache-Control"] == "no-store"
        assert {"sandbox", "default-src 'none'"} <= set(head["Content-Security-Policy"].split("; "))
        assert "ETag" not in head
    assert borrower.get(f"{page}/{row.id}/../../secret_key").status_code == 404
    assert borrower.get(f"{page}/{row.id}/anything.exe").headers["Content-Type"] == "image/jpeg"
    path.unlink()
    assert borrower.get(address).status_code == 404


def test_a_file_is_renamed_noted_and_attached(
    app: Flask, borrower: FlaskClient, household: Household, page: str
) -> None:
    add(borrower, page)
    row = rows(app)[0]
    assert 'name="proposal"' not in get(borrower, f"{page}/{row.id}"), "no plan, no question"
    with app.app_context():
        plan = make_plan(household.case_id, "P-2026-1")
    form = get(borrower, f"{page}/{row.id}")
    assert 'value="payslip"' in form
    assert post(borrower, f"{page}/{row.id}", {"name": "Lohn <b>", "note": "<i>400 less</i>", "proposal": plan}) == page
    html = get(borrower, page)
    assert "Plan P-2026-1" in words(html)
    assert "&lt;i&gt;400 less&lt;/i&gt;" in html
    assert "<i>" not in html
    assert [(each.name, each.proposal_id) for each in rows(app)] == [("Lohn b.jpg", plan)]
    post(borrower, f"{page}/{row.id}", {"name": "Lohn", "note": "", "proposal": "0"})
    assert [(each.note, each.proposal_id) for each in rows(app)] == [(None, None)]


def test_a_file_is_attached_while_it_is_added(
    app: Flask, borrower: FlaskClient, household: Household, page: str
) -> None:
    with app.app_context():
        plan, theirs = make_plan(household.case_id), make_plan(household.stranger_case_id, "P-2")
    assert f'<option value="{plan}" selected>' in get(borrower, f"{page}?proposal={plan}")
    assert send(borrower, page, (photo(), "a.jpg"), proposal=str(plan)).status_code == 303
    assert [row.proposal_id for row in rows(app)] == [plan]
    answer = send(borrower, page, (screenshot(), "b.png"), proposal=str(theirs))
    assert (answer.status_code, len(rows(app))) == (422, 1)
    assert "Choose one of the options" in words(answer.text)
    wrong = {"name": "a", "proposal": str(theirs)}
    assert "Choose one of the options" in words(post(borrower, f"{page}/{rows(app)[0].id}", wrong, 422))


def test_a_wrong_name_is_told_and_what_was_typed_stays(app: Flask, borrower: FlaskClient, page: str) -> None:
    add(borrower, page)
    address = f"{page}/{rows(app)[0].id}"
    text = post(borrower, address, {"name": " ", "note": "typed"}, 422)
    assert "Enter a name, such as Payslip November" in words(text)
    assert 'value="typed"' in text
    assert "Use at most 200 characters" in words(post(borrower, address, {"name": "a", "note": "x" * 201}, 422))


def test_removing_asks_first_and_takes_row_and_file(app: Flask, borrower: FlaskClient, page: str) -> None:
    add(borrower, page)
    address = f"{page}/{rows(app)[0].id}/delete"
    asked = words(get(borrower, address))
    assert "Remove payslip.jpg?" in asked
    assert "cannot be undone" in asked
    assert len(rows(app)) == len(stored(app)) == 1
    assert post(borrower, address, {}) == page
    assert (rows(app), stored(app)) == ([], [])
    assert borrower.get(address).status_code == 404


def test_a_removal_that_is_not_committed_keeps_the_file(
    app: Flask, borrower: FlaskClient, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(borrower, page)

    def fail() -> None:
        raise RuntimeError("the database is gone")

    with app.app_context():
        monkeypatch.setattr(type(db.session), "commit", lambda self: fail())
    with pytest.raises(RuntimeError):
        borrower.post(f"{page}/{rows(app)[0].id}/delete")
    monkeypatch.undo()
    assert len(rows(app)) == len(stored(app)) == 1


def test_a_stranger_finds_no_file_under_any_address(
    app: Flask, borrower: FlaskClient, stranger: FlaskClient, household: Household, page: str
) -> None:
    add(borrower, page)
    key = rows(app)[0].id
    own = f"/c/{household.stranger_case_id}/evidence"
    for base in (page, own):
        for path in (f"{base}/{key}", f"{base}/{key}/payslip.jpg", f"{base}/{key}/delete"):
            assert stranger.get(path).status_code == 404, path
        assert stranger.post(f"{base}/{key}", data={"name": "mine"}).status_code == 404
        assert stranger.post(f"{base}/{key}/delete").status_code == 404
    assert stranger.get(page).status_code == send(stranger, page, (photo(), "a.jpg")).status_code == 404
    assert "payslip" not in get(stranger, own)
    assert [row.name for row in rows(app)] == ["payslip.jpg"]


def test_a_viewer_looks_and_changes_nothing(app: Flask, borrower: FlaskClient, viewer: FlaskClient, page: str) -> None:
    add(borrower, page)
    key = rows(app)[0].id
    seen = get(viewer, page)
    assert 'type="file"' not in seen
    assert f'href="{page}/{key}"' not in seen
    for method, path in (("GET", f"{page}/{key}"), ("GET", f"{page}/{key}/delete"), ("POST", f"{page}/{key}"),
                         ("POST", f"{page}/{key}/delete"), ("POST", page)):  # fmt: skip
        assert viewer.open(path, method=method).status_code == 403, path
    assert len(rows(app)) == len(stored(app)) == 1


def test_mutated_files_never_break_the_page(app: Flask, borrower: FlaskClient, page: str) -> None:
    chance, codes = random.Random(3), list[int]()
    for source in (photo(), screenshot(), photo(form="WEBP"), pdf()) * 3:
        data = bytearray(source)
        for _ in range(4):
            data[chance.randrange(len(data))] = chance.randrange(256)
        name = "".join(chr(chance.randrange(1, 0x2FFF)) for _ in range(20)).replace('"', "")
        codes.append(send(borrower, page, (bytes(data[: chance.randrange(8, len(data))]), name)).status_code)
        codes.append(send(borrower, page, (bytes(data), name)).status_code)
    assert set(codes) <= {303, 422}
    assert_sound(get(borrower, page))
    assert len(stored(app)) == len(rows(app))


def test_a_full_list_stays_a_small_page(app: Flask, borrower: FlaskClient, household: Household, page: str) -> None:
    add(borrower, page)
    with app.app_context():
        case = db.session.get(Case, household.case_id)
        assert case
        db.session.add_all(
            Evidence(case_id=case.id, name=f"Payslip {n}.jpg", kind="image/jpeg", size=900_000, sha256=f"{n:064}",
                     stored_as=f"{n:032}", created_at=case.created_at) for n in range(99)
        )  # fmt: skip
        db.session.commit()
    answer = borrower.get(page, headers={"Accept-Encoding": "br"})
    assert len(answer.data) <= 14 * 1024


def test_a_file_that_proves_an_agreement_says_so_before_it_is_removed(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    with app.app_context():
        plan = share_plan(household)
        row = Evidence(
            case_id=household.case_id, name="yes.pdf", kind="application/pdf", size=1, sha256="0" * 64, stored_as="x",
            created_at=CREATED,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        db.session.add(
            Confirmation(case_id=household.case_id, item_id=plan.item_id, evidence_id=row.id, received_on=date(2026, 12, 9),
                         terms={}, created_at=CREATED)
        )  # fmt: skip
        db.session.commit()
        key = row.id
    page = words(get(borrower, f"/c/{household.case_id}/evidence/{key}/delete"))
    assert "your proof of what 海尔消费金融 agreed to on 9 Dec 2026" in page
