"""A plan ready for a lender: drafted for the mock-ups' household through the app's own services, frozen, and shared."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner import clock
from planner.documents.proposal import PARTS, Asked
from planner.extensions import db
from planner.models import Case, Loan, Proposal, ProposalItem, Share
from planner.proposals import services as proposals
from planner.sharing import services as sharing
from tests.factories import Household

REDUCE = Asked("reduce", 124000, date(2027, 1, 18))
NAME, CONTACT, NUMBER = "孙倩-zqname", "zqcontact@example.org", "ZQ7731"
CAUSE = "厂里取消加班 zqcause"


@dataclass(frozen=True)
class Plan:
    """Keys of a plan that was shared, and the token of its link."""

    proposal_id: int
    item_id: int
    share_id: int
    token: str

    @property
    def link(self) -> str:
        """The lender's address."""
        return f"/s/{self.token}"


def make_plan(household: Household, asked: Asked = REDUCE, loan: str = "haier") -> Proposal:
    """A draft that asks one creditor for something, full of marks that must stay private unless they are ticked."""
    case = db.session.get(Case, household.case_id)
    row = db.session.get(Loan, household.loan_ids[loan])
    assert case is not None
    assert row is not None
    today, now = clock.today(case.timezone), clock.now()
    row.reference = NUMBER
    plan = proposals.create(case, row, today, now)
    plan.cause, plan.cause_text, plan.cause_since = "income", CAUSE, date(2027, 1, 1)
    plan.borrower_name, plan.borrower_contact = NAME, CONTACT
    item_of(plan, row.id).asked = _written(asked)
    db.session.flush()
    return plan


def item_of(plan: Proposal, loan_id: int) -> ProposalItem:
    """What the plan asks for this loan."""
    return next(item for item in plan.items if item.loan_id == loan_id)


def share_plan(household: Household, shown: Sequence[str] = PARTS, plan: Proposal | None = None, **wishes: Any) -> Plan:
    """A link to the plan, with everything shown unless said otherwise."""
    plan = plan or make_plan(household)
    item = item_of(plan, household.loan_ids["haier"])
    version = proposals.freeze(plan, clock.today("Asia/Shanghai"), clock.now())
    share, token = sharing.create(version, item, sharing.Wishes(shown, **({"lang": "en"} | wishes)), clock.now())
    db.session.commit()
    return Plan(plan.id, item.id, share.id, token)


def stored_share(plan: Plan) -> Share:
    """The link as it stands in the database."""
    db.session.expire_all()
    return db.session.scalars(select(Share).where(Share.id == plan.share_id)).one()


def visitor(
    app: Flask, address: str = "198.51.100.7", agent: str = "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0"
) -> FlaskClient:
    """A lender's browser."""
    client = app.test_client()
    client.environ_base.update({"REMOTE_ADDR": address, "HTTP_USER_AGENT": agent, "HTTP_ACCEPT_LANGUAGE": "en"})
    return client


def open_at_once(app: Flask, plan: Plan, count: int = 100) -> int:
    """So many browsers open the link in the same moment; how many saw the plan."""
    return sum(_at_once(app, count, lambda reader, _n: "1,240" in reader.get(plan.link).get_data(as_text=True)))


def try_codes(app: Flask, plan: Plan, count: int) -> int:
    """So many wrong codes in the same moment, each from an address of its own; how many were looked at."""

    def guess(reader: FlaskClient, n: int) -> bool:
        page = reader.post(f"{plan.link}/open", data={"code": f"{n:06}"}).get_data(as_text=True)
        return "This is not the code" in page

    return sum(_at_once(app, count, guess))


def answer_at_once(app: Flask, plan: Plan, form: dict[str, str], count: int) -> list[int]:
    """So many browsers that have opened the link answer in the same moment; the statuses they get."""
    opened = threading.Barrier(count)

    def send(reader: FlaskClient, _n: int) -> int:
        reader.get(plan.link)
        opened.wait()
        return reader.post(f"{plan.link}/answer", data=form).status_code

    return _at_once(app, count, send)


def _at_once(app: Flask, count: int, act: Callable[[FlaskClient, int], Any]) -> list[Any]:
    start, found = threading.Barrier(count), list[Any]()

    def work(n: int) -> None:
        reader = visitor(app, f"198.51.100.{n}")
        start.wait()
        found.append(act(reader, n))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _written(asked: Asked) -> dict[str, Any]:
    from planner.documents import plain
    from planner.engine.money import currency

    written: dict[str, Any] = plain.write(asked, currency("CNY"))
    return written
