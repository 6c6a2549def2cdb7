"""Invitations for tests: made through the pages, used by many at once; and the pages of other features that these lead to."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner import clock
from planner.consent import invitations
from planner.consent.services import Terms
from planner.extensions import db
from planner.models import AgencyMember, AgencyRole, Case, Consent, InvitationKind, Part, Scope, User
from tests.factories import make_user, sign_in_as
from tests.pages import get, post

TERMS = {"scope": "propose", "budget": "y", "loans": "y", "until": "2027-03-09"}
SPOKEN = {"spoken_by": "Sun Qian", "spoken_on": "2026-12-09", "spoken_time": "08:00", "spoken_how": "phone"}
CLIENT = {"name": "Sun Qian", "place": "Qingdao", "contact": "138 0000 0000"}
VERBAL = CLIENT | SPOKEN | TERMS | {"locale": "zh_Hans_CN", "currency": "CNY", "timezone": "Asia/Shanghai"}


def shown(page: str) -> tuple[str, str]:
    """The path of the link and the code on a page that shows a new invitation."""
    link = re.search(r'id="link" readonly value="http://localhost([^"]+)"', page)
    code = re.search(r'id="code" readonly value="([^"]+)"', page)
    assert link, "no link is shown"
    assert code, "no code is shown"
    return link[1], code[1]


def invite_counsellor(borrower: FlaskClient, case_id: int, **terms: Any) -> tuple[str, str]:
    """A borrower's invitation: its path and code."""
    post(borrower, f"/c/{case_id}/access/invite", {k: v for k, v in (TERMS | terms).items() if v is not None}, 303)
    return shown(get(borrower, f"/c/{case_id}/access"))


def invite_client(counsellor: FlaskClient, **terms: Any) -> tuple[str, str]:
    """An agency's invitation to a client."""
    post(counsellor, "/agency/invite", {k: v for k, v in (CLIENT | TERMS | terms).items() if v is not None}, 303)
    return shown(get(counsellor, "/agency/invitation"))


def at_once(clients: list[FlaskClient], act: Callable[[FlaskClient], Any]) -> list[Any]:
    """What each of these browsers gets, acting in the same moment."""
    start, found = threading.Barrier(len(clients)), list[Any]()

    def work(client: FlaskClient) -> None:
        start.wait()
        found.append(act(client))

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def race(app: Flask, count: int) -> int:
    """So many counsellors take up one invitation of the mock-ups' borrower in the same moment; how many are let in."""
    with app.app_context():
        owner = db.session.scalars(select(User).where(User.email == "sun@example.org")).one()
        case = db.session.scalars(select(Case).order_by(Case.id).limit(1)).one()
        terms = Terms(Scope.VIEW, frozenset({Part.BUDGET}), date(2027, 1, 1))
        _made, token, _code = invitations.create(InvitationKind.COUNSELLOR, owner, terms=terms, case=case)
        agency_id = db.session.scalars(select(AgencyMember.agency_id).limit(1)).one()
        people = [make_user(f"c{n}@harbour.example") for n in range(count)]
        db.session.add_all(
            AgencyMember(agency_id=agency_id, user_id=user.id, role=AgencyRole.COUNSELLOR, created_at=clock.now())
            for user in people
        )
        db.session.commit()
        keys = [user.id for user in people]
    clients = [sign_in_as(app, key, second_factor=True) for key in keys]
    statuses = at_once(clients, lambda reader: reader.post(f"/i/{token}/accept").status_code)
    with app.app_context():
        let_in = db.session.scalar(select(func.count(Consent.id))) or 0
    assert statuses.count(303) == let_in, statuses
    assert set(statuses) <= {303, 404}, statuses
    return let_in
