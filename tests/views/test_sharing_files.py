"""What goes with a link: the letter by e-mail on request, and the files that support the plan."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient

from planner.config import Smtp
from planner.evidence import services as evidence
from planner.extensions import db
from planner.models import Case, Evidence, Proposal
from tests.delivery.test_email import SENDER, Sink, free_port
from tests.factories import Household, sign_in_as
from tests.lender import CONTACT, NAME, Plan, make_plan, share_plan, visitor
from tests.pages import get, post, words

FORM = {"days": "14", "lang": "en", "name": "y", "email": "claims@lender.example"}


@pytest.fixture
def sink(app: Flask) -> Iterator[Sink]:
    """A real SMTP server on this machine, and the app set up to use it."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    smtp = Smtp("127.0.0.1", controller.port, None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=smtp, mail_from=SENDER)
    yield handler
    controller.stop()


@pytest.fixture
def links(app: Flask, household: Household) -> str:
    """Where the links of a finished plan are made."""
    with app.app_context():
        plan = make_plan(household)
        db.session.commit()
        return f"/c/{household.case_id}/plans/{plan.id}/links"


def test_the_link_and_the_pdf_go_to_the_lender_on_request(
    app: Flask, borrower: FlaskClient, sink: Sink, links: str
) -> None:
    post(borrower, links, FORM | {"borrower_name": NAME, "borrower_contact": CONTACT, "contact": "y"}, status=303)
    page = get(borrower, links)
    assert "Sent to claims@lender.example" in words(page)
    [mail] = sink.messages
    assert (mail["To"], mail["Reply-To"]) == ("claims@lender.example", CONTACT)
    assert NAME in str(mail["From"])
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    link = re.search(r"/s/[\w-]{22}", text).group()  # type: ignore[union-attr]
    assert "¥1,240" in get(visitor(app), link)
    assert "1,240" not in text
    [file] = mail.iter_attachments()
    assert file.get_content_type() == "application/pdf"
    assert file.get_content().startswith(b"%PDF-")


def test_who_does_not_show_their_name_does_not_sign(borrower: FlaskClient, sink: Sink, links: str) -> None:
    form = {key: value for key, value in FORM.items() if key != "name"}
    post(borrower, links, form | {"borrower_name": NAME, "borrower_contact": CONTACT}, status=303)
    [mail] = sink.messages
    assert NAME not in mail.as_string()
    assert CONTACT not in mail.as_string()


def test_nothing_is_sent_unless_asked_for(borrower: FlaskClient, sink: Sink, links: str) -> None:
    post(borrower, links, FORM | {"email": ""}, status=303)
    assert sink.messages == []


def test_a_refused_address_is_said_and_the_link_is_there(borrower: FlaskClient, sink: Sink, links: str) -> None:
    post(borrower, links, FORM | {"email": "nobody@lender.example"}, status=303)
    page = get(borrower, links)
    assert "Not sent to nobody@lender.example. The address was refused." in words(page)
    assert "/s/" in page


def test_letters_are_limited_and_no_link_is_lost_for_it(
    borrower: FlaskClient, sink: Sink, links: str, limits: None
) -> None:
    for _ in range(5):
        post(borrower, links, FORM, status=303)
    post(borrower, links, FORM, status=429)
    post(borrower, links, FORM | {"email": ""}, status=303)
    assert len(sink.messages) == 5


def test_a_guest_cannot_send_letters(app: Flask, household: Household, sink: Sink, links: str) -> None:
    from planner.models import User

    with app.app_context():
        user = db.session.get(User, household.user_id)
        assert user is not None
        user.email = user.password_hash = None
        db.session.commit()
    guest = sign_in_as(app, household.user_id)
    assert "Make an account first" in words(post(guest, links, FORM, status=422))
    assert sink.messages == []


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)


@pytest.fixture
def proven(app: Flask, household: Household) -> tuple[Plan, Plan]:
    """A plan with a picture, shared with the files ticked and without."""
    with app.app_context():
        plan, case = make_plan(household), db.session.get(Case, household.case_id)
        assert case is not None
        outcome = evidence.keep(case, [("payslip-zq.png", io.BytesIO(PNG))], plan.id)
        assert outcome.refused == []
        db.session.commit()
        db.session.expire_all()
        stored = db.session.get(Proposal, plan.id)
        assert stored is not None
        return share_plan(household, plan=stored), share_plan(household, ("name",), plan=stored)


def test_a_ticked_file_can_be_loaded_and_an_unticked_one_not(app: Flask, proven: tuple[Plan, Plan]) -> None:
    with_files, without = proven
    reader = visitor(app)
    assert "payslip-zq.png" in get(reader, with_files.link)
    answer = reader.get(f"{with_files.link}/files/1")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    get(reader, f"{with_files.link}/files/2", 404)
    get(reader, f"{with_files.link}/files/0", 404)
    assert "payslip-zq" not in get(reader, without.link)
    get(reader, f"{without.link}/files/1", 404)


def test_a_file_taken_off_the_plan_is_gone_at_once(app: Flask, proven: tuple[Plan, Plan]) -> None:
    plan, reader = proven[0], visitor(app)
    get(reader, plan.link)
    with app.app_context():
        row = db.session.query(Evidence).one()
        evidence.attach(row, None)
        db.session.commit()
    get(reader, f"{plan.link}/files/1", 404)


def test_who_has_not_opened_a_coded_link_gets_no_file(
    app: Flask, household: Household, proven: tuple[Plan, Plan]
) -> None:
    with app.app_context():
        stored = db.session.get(Proposal, proven[0].proposal_id)
        assert stored is not None
        coded = share_plan(household, plan=stored, passcode="123456")
    assert visitor(app).get(f"{coded.link}/files/1").status_code == 303
