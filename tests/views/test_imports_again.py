"""Looking at a statement again: what its owner said of it, what stays a guess, and what is kept for the bank's next file."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import KeptMapping, StatementImport
from tests.factories import Household, sign_in_as
from tests.pages import assert_sound, get, post, words
from tests.views.test_imports import SHARED, choose, count, everything, stored

SIGN = "Whether a plain number means money in or out is a guess"
COLUMNS = "Which column means what is a guess"
TWO = b"""Date,Description,Amount
2026-01-05,x,-10.00
2026-01-06,y,20.00

Date,Description,Balance,Amount
2026-01-07,z,970.00,-30.00
2026-01-08,w,1010.00,40.00
"""
PLAIN = b"Date,Description,Amount,Other\n2026-01-05,Shop,10.00,a\n2026-01-06,Cafe,20.00,b\n"


@pytest.fixture
def page(household: Household) -> str:
    return f"/c/{household.case_id}/imports"


def filled(html: str) -> dict[str, str]:
    """The form "Read it differently" as the page shows it, untouched."""
    found = {}
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        options = re.findall(r"<option([^>]*)>", inside)
        marked = next((option for option in options if "selected" in option), options[0])
        value = re.search(r'value="([^"]*)"', marked)
        found[name] = value[1] if value else ""
    return found


def press(client: FlaskClient, where: str, **changes: str) -> str:
    """Change this much in the form, press "Look again", and read the page."""
    post(client, where, filled(get(client, where)) | {"currency": "EUR"} | changes)
    return words(get(client, where))


def mapping(app: Flask) -> dict[str, object] | None:
    with app.app_context():
        return db.session.scalars(select(StatementImport).order_by(StatementImport.id.desc())).first().mapping


def test_looking_again_reads_each_table_of_a_file_by_its_own_columns(
    app: Flask, borrower: FlaskClient, page: str
) -> None:
    where = choose(borrower, page, TWO, "two.csv")
    assert SIGN in words(get(borrower, where))
    html = press(borrower, where)
    for part in ("4 new rows", "Money in €60.00", "Money out €40.00", SIGN):
        assert part in html, part
    assert mapping(app) is None
    html = press(borrower, where, sign="out")  # said of the first table only; the second one's balances say otherwise
    assert "Money in €50.00" in html
    assert "Money out €50.00" in html


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared statements are not on this machine")
def test_looking_again_keeps_every_sheet_of_a_workbook(borrower: FlaskClient, page: str) -> None:
    name = "ezbookkeeping__feidee_mymoney_test_file.xls"
    where = choose(borrower, page, (SHARED / name).read_bytes(), name)
    before = words(get(borrower, where))
    assert "8 new rows" in before
    for html in (press(borrower, where), press(borrower, where, text="-1")):
        assert "8 new rows" in html
        assert "could not be read" not in html


def test_what_is_not_changed_stays_asked_and_confirming_answers_it(
    app: Flask, borrower: FlaskClient, page: str
) -> None:
    where = choose(borrower, page, PLAIN, "january.csv")
    assert SIGN in press(borrower, where)
    assert mapping(app) is None
    assert SIGN in press(borrower, where, text="3"), "the sign was only shown, not said"
    assert SIGN not in press(borrower, where, sign="out")
    assert SIGN not in press(borrower, where), "what was said stays said"
    assert SIGN in press(borrower, where, sign="in", text="1"), "the guess again, and nothing else"
    assert mapping(app) is None
    html = get(borrower, where)
    assert "That is right, add it" in html
    post(borrower, f"{where}/confirm", {})
    assert count(app, KeptMapping) == 1
    again = choose(borrower, page, PLAIN.replace(b"2026-01", b"2026-02"), "february.csv")
    assert SIGN not in words(get(borrower, again))


def test_saying_the_sign_says_nothing_of_guessed_columns(borrower: FlaskClient, page: str) -> None:
    data = b"2026-01-05;Shop;10.00;77.00\n2026-01-06;Cafe;20.00;33.00\n2026-01-07;Inn;5.00;11.00\n"
    where = choose(borrower, page, data, "nameless.csv")
    assert COLUMNS in words(get(borrower, where))
    html = press(borrower, where, sign="out")
    assert COLUMNS in html
    assert SIGN not in html
    assert "Money out €35.00" in html
    html = press(borrower, where, amount="3")
    assert COLUMNS not in html
    assert "Money out €121.00" in html


def test_a_file_that_says_everything_keeps_nothing(app: Flask, borrower: FlaskClient, page: str) -> None:
    where = choose(borrower, page, TWO.split(b"\n\n")[1].replace(b"z,", b"z ,"), "sure.csv")
    assert SIGN not in press(borrower, where)
    post(borrower, f"{where}/confirm", {})
    assert (count(app), count(app, KeptMapping)) == (2, 0)


def test_taking_an_import_back_takes_its_answers_back(app: Flask, borrower: FlaskClient, page: str) -> None:
    empty = everything(app)
    first = choose(borrower, page, PLAIN, "january.csv")
    press(borrower, first)
    post(borrower, f"{first}/confirm", {})
    before = everything(app)
    second = choose(borrower, page, b"\n" + PLAIN.replace(b"2026-01", b"2026-02"), "february.csv")
    press(borrower, second)
    post(borrower, f"{second}/confirm", {})
    post(borrower, f"{second}/undo", {})
    assert everything(app) == before, "the first import said the same"
    post(borrower, f"{first}/undo", {})
    assert everything(app) == empty
    assert stored(app) == []


def test_the_same_file_read_the_other_way_is_not_added_beside_itself(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient, page: str
) -> None:
    first = choose(borrower, page, PLAIN, "january.csv")
    press(borrower, first)
    post(borrower, f"{first}/confirm", {})
    before = stored(app)
    again = choose(borrower, page, PLAIN, "january (1).csv")
    assert "0 new rows" in words(get(borrower, again))
    html = press(borrower, again, sign="out")
    assert "2 new rows" in html
    assert "This same file was added on" in html
    assert "Add it" not in html
    refused = borrower.post(f"{again}/confirm")
    assert refused.status_code == 409
    assert "Take the first import back" in words(refused.text)
    assert_sound(refused.text)
    assert stored(app) == before
    assert "Money out €30.00" in words(get(borrower, again)), "what was chosen is kept"
    way_out = f"{first}/undo?back={again.rsplit('/', 1)[1]}"
    assert way_out in refused.text
    post(stranger, way_out, {}, 404)
    viewer = sign_in_as(app, household.viewer_id)
    assert "/undo" not in get(viewer, again)
    post(viewer, way_out, {}, 403)
    assert post(borrower, way_out, {}) == again
    assert stored(app) == []
    assert "This same file" not in words(get(borrower, again))
    post(borrower, f"{again}/confirm", {})
    assert stored(app) == [("2026-01-05", 1_000, "out"), ("2026-01-06", 2_000, "out")]


def test_a_way_back_to_a_file_of_others_or_none_takes_nothing_back(
    app: Flask, borrower: FlaskClient, page: str
) -> None:
    first = choose(borrower, page, PLAIN, "january.csv")
    press(borrower, first)
    post(borrower, f"{first}/confirm", {})
    for back in ("999999", first.rsplit("/", 1)[1]):
        post(borrower, f"{first}/undo?back={back}", {}, 404)
    assert count(app) == 2


def test_rows_another_file_left_out_come_back_with_the_same_file(app: Flask, borrower: FlaskClient, page: str) -> None:
    whole = PLAIN + b"2026-01-09,Inn,7.00,c\n"
    for data in (PLAIN, whole):
        where = choose(borrower, page, data, "january.csv")
        press(borrower, where)
        post(borrower, f"{where}/confirm", {})
    assert count(app) == 3
    post(borrower, f"{where.rsplit('/', 1)[0]}/{int(where.rsplit('/', 1)[1]) - 1}/undo", {})
    assert count(app) == 1
    again = choose(borrower, page, whole, "january.csv")
    assert "This same file" not in press(borrower, again)
    post(borrower, f"{again}/confirm", {})
    assert count(app) == 3
