"""The agency of the demonstration: an administrator, two counsellors and forty clients, whose stories keep to the day of loading.

Everything follows from that day and the lists below, but for keys and secrets. Clients have no account of their own, so that
nobody can sign in as one; the household of demo.py is among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from . import watching
from .budget import services as budget
from .caseload.clients import set_next_step
from .consent import services as consents
from .consent.clients import add_client
from .consent.services import Terms
from .demo_stories import CLIENTS, Debt, Person, Story
from .demo_talks import ANSWERS, Household, Now, make_talk
from .engine.amortisation import build_schedule
from .engine.dates import add_months
from .engine.loan import LoanTerms, Method
from .engine.money import currency
from .extensions import db
from .loans import services as loans
from .models import (
    Agency,
    AgencyMember,
    AgencyRole,
    Appointment,
    AuditAct,
    AuditEntry,
    BudgetLine,
    Case,
    Channel,
    Client,
    ClientNote,
    ClientTask,
    Consent,
    ConsentHow,
    Loan,
    Membership,
    Part,
    Reminder,
    ReminderKind,
    Role,
    Scope,
    SignIn,
    Suggestion,
    SuggestionItem,
    SuggestionKind,
    User,
)
from .tokens import new_token, token_hash

NAME = "海港债务咨询 Harbour Debt Advice"
ADMIN = "wu@harbour.example"
COUNSELLORS = {"lin@harbour.example": "林妍", "chen@harbour.example": "Chen Ruo"}
ZONES = {"CNY": "Asia/Shanghai", "GBP": "Europe/London", "USD": "America/New_York"}
_LINES = {
    "zh": ("工资", "房租", "吃饭", "通勤", "下馆子"),
    "en": ("Wages", "Rent", "Food", "Transport", "Eating out"),
}  # fmt: skip
_STEPS = ("打电话问本月工资", "Ask for the rent receipt", "核对网贷合同")
SHARED = (Part.BUDGET, Part.LOANS, Part.PLANS, Part.CONTACTS, Part.FILES)


def load(household: Case, borrower: User, password_hash: str, now: datetime) -> bool:
    """Put the agency with its clients into the database, the demo household among them. False where it is there already."""
    if db.session.scalar(select(User.id).where(User.email == ADMIN)) is not None:
        return False
    moment = Now(now, now.astimezone(ZoneInfo(ZONES["CNY"])).date())
    members = _people(password_hash, now)
    for n, person in enumerate(CLIENTS):
        _client(n, person, members[n % len(members)], moment)
    _our_household(household, borrower, members[0], moment)
    db.session.commit()
    return True


def _people(password_hash: str, now: datetime) -> list[AgencyMember]:
    """The agency's members; returns the counsellors. A second factor is for each of them to set up."""
    agency = Agency(name=NAME, phone="0532 8571 2046", email="desk@harbour.example", created_at=now)
    db.session.add(agency)
    db.session.flush()
    members = []
    for email, name in {ADMIN: "吴敏", **COUNSELLORS}.items():
        user = User(email=email, password_hash=password_hash, name=name, created_at=now)
        role = AgencyRole.ADMIN if email == ADMIN else AgencyRole.COUNSELLOR
        members.append(AgencyMember(agency=agency, user=user, role=role, created_at=now))
    db.session.add_all(members)
    db.session.flush()
    return members[1:]


def _client(n: int, person: Person, member: AgencyMember, now: Now) -> None:
    if person.story == Story.LISTED:
        client = add_client(member, person.name, place=person.place, contact=person.contact)
        set_next_step(client, "邀请并说明同意的范围", now.today + timedelta(days=2))
        return
    home = _household(person, now)
    client = add_client(member, person.name, place=person.place, contact=person.contact, case_id=home.case.id)
    consent = _consent(n, person, home, member, now)
    if person.story in (Story.WAITING, *ANSWERS):
        make_talk(n, person, home, now)
    _told(n, person, home, now)
    _kept(n, client, member, now)
    if person.story == Story.WITHDRAWN:
        consents.end(consent, home.borrower)
    if person.story == Story.EXPIRED:
        consent.expires_at = now.at - timedelta(days=3)


def _household(person: Person, now: Now) -> Household:
    """A case with its budget, its loans and what was paid; someone without a phone has no account."""
    case = Case(currency=person.currency, timezone=ZONES[person.currency], created_at=now.at,
                locale="zh_Hans_CN" if person.currency == "CNY" else "en")  # fmt: skip
    user = None
    if person.story != Story.VERBAL:
        user = User(name=person.name, locale=case.locale, created_at=now.at)
        case.members.append(Membership(user=user, role=Role.BORROWER, created_at=now.at))
        db.session.add(user)
    db.session.add(case)
    db.session.flush()
    if user is not None and person.seen_days is not None:
        seen = now.at - timedelta(days=person.seen_days)
        db.session.add(SignIn(user_id=user.id, token_hash=token_hash(new_token()), client="Chrome Android",
                              created_at=seen, seen_at=seen))  # fmt: skip
    for kind, values in _lines(person, now.today):
        budget.create_line(case, kind, values, now.today, now.at)
    made = [_loan(case, debt, now.today) for debt in person.debts]
    if person.balance is not None:
        case.balance_minor, case.balance_on = person.balance * 100, now.today
    return Household(case, user, made)


def _lines(person: Person, today: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """The budget: wages on their day, rent, food, transport, and something that could be cut."""
    words = (
        ("工资", "房租", "吃饭", "通勤", "下馆子")
        if person.currency == "CNY"
        else ("Wages", "Rent", "Food", "Transport", "Eating out")
    )
    wage, rent = _coming(today, person.wage_in), _coming(today, 27)
    for name, category, amount, necessity, on in (
        (words[0], "wage", person.income, None, wage), (words[1], "rent", person.rent, "essential", rent),
        (words[2], "food", person.income // 5, "essential", today.replace(day=1)),
        (words[3], "transport", person.income // 30, "essential", today.replace(day=1)),
        (words[4], "food", person.income // 25, "flexible", today.replace(day=1)),
    ):  # fmt: skip
        first = add_months(on, -3)
        if not amount:
            continue
        yield "income" if necessity is None else "expense", {
            "name": name, "category": category, "amount": amount * 100, "frequency": "monthly", "ends_on": None,
            "necessity": necessity, "day_of_month": first.day, "starts_on": first,
        }  # fmt: skip


def _coming(today: date, days: int) -> date:
    """A day so far ahead that every month has."""
    on = today + timedelta(days=days)
    return on.replace(day=min(on.day, 28))


def _loan(case: Case, debt: Debt, today: date) -> Loan:
    """A contract of which everything before its next (or oldest unpaid) instalment is paid, the last two of these here."""
    due = _coming(today, debt.due_in)
    first = add_months(due, -debt.paid)
    level = debt.method == Method.FIXED_PAYMENT
    terms = LoanTerms.simple(
        method=debt.method, principal_minor=debt.amount * 100, currency=currency(case.currency),
        annual_rate=Decimal(debt.rate), instalments=None if level else debt.times, start_date=add_months(first, -1),
        first_due_date=first, fixed_instalment_minor=debt.amount * 5 if level else None,
    )  # fmt: skip
    recorded, rows = min(debt.paid, 2), build_schedule(terms).rows
    loan = loans.create_loan(case, {
        "creditor": debt.creditor, "reference": f"{debt.amount:05}", "advertised_rate": Decimal(debt.rate),
        "paid_before": debt.paid - recorded, "is_priority": debt.is_priority, "terms": terms,
    })  # fmt: skip
    for k in range(debt.paid - recorded + 1, debt.paid + 1):
        loans.add_payment(loan, rows[k - 1].payment_minor, rows[k - 1].due_date, k)
    return loan


def _consent(n: int, person: Person, home: Household, member: AgencyMember, now: Now) -> Consent:
    """What the client allowed, some days ago, and until when."""
    verbal = person.story == Story.VERBAL
    scope = Scope.EDIT if verbal else tuple(Scope)[n % 3]
    until = now.today + timedelta(days=4 if person.story == Story.ENDING else 40 + 17 * (n % 9))
    how = ConsentHow.VERBAL if verbal else ConsentHow.ACCEPTED if n % 4 == 0 else ConsentHow.INVITED
    consent = consents.grant(home.case, member, Terms(scope, frozenset(person.parts), until), how, home.borrower)
    consent.given_at = now.at - timedelta(days=10 + 7 * (n % 12))
    if verbal:
        consent.spoken_at, consent.spoken_how, consent.spoken_by = consent.given_at, "phone", person.name
        consent.recorded_by_id = member.user_id
    said = select(AuditEntry).where(AuditEntry.case_id == home.case.id, AuditEntry.act == AuditAct.GRANT)
    db.session.scalars(said).one().at = consent.given_at
    return consent


def _told(n: int, person: Person, home: Household, now: Now) -> None:
    """A short day that a reminder had named some weeks ago; the instalment of that day was paid."""
    paid = [payment for loan in home.loans for payment in loan.payments]
    if not paid or n % 2:
        return
    day = max(payment.paid_on for payment in paid)
    told_at = datetime.combine(day - timedelta(days=6), time(10), ZoneInfo(home.case.timezone))
    db.session.add(Reminder(
        case_id=home.case.id, key=f"radar:{day}:1", kind=ReminderKind.RADAR, channel=Channel.APP, due_on=day, step=-6,
        short_minor=person.income * 4, fire_at=told_at, created_at=told_at,
    ))  # fmt: skip


def _kept(n: int, client: Client, member: AgencyMember, now: Now) -> None:
    """What the counsellor wrote down."""
    if n % 3 == 0:
        set_next_step(
            client,
            _STEPS[n // 3 % 3],
            now.today + timedelta(days=n % 8 - 1),
        )
    own = {"agency_id": client.agency_id, "client_id": client.id, "created_at": now.at - timedelta(days=n % 6)}
    if n % 4 == 1:
        db.session.add(
            ClientNote(author_id=member.user_id, text="家里老人住院，收入下个月恢复。", is_shared=n % 8 == 1, **own)
        )
    if n % 5 == 2:
        db.session.add(
            ClientTask(text="Collect the last three payslips", due_on=now.today + timedelta(days=n % 7), **own)
        )
    if n % 6 == 3:
        starts = datetime.combine(now.today + timedelta(days=1 + n % 5), time(9 + n % 7), ZoneInfo(ZONES["CNY"]))
        db.session.add(Appointment(counsellor_id=member.user_id, starts_at=starts, minutes=30, how="phone", **own))


def _our_household(case: Case, borrower: User, member: AgencyMember, now: Now) -> None:
    """The demo's own household lets a counsellor suggest, and a suggestion waits for it."""
    add_client(member, borrower.name or "孙倩", place="青岛", contact="138 0532 0046", case_id=case.id)
    terms = Terms(Scope.PROPOSE, frozenset(SHARED), now.today + timedelta(days=90))
    consent = consents.grant(case, member, terms, ConsentHow.INVITED, borrower)
    mine = select(BudgetLine).where(BudgetLine.case_id == case.id, BudgetLine.necessity == "flexible")
    line = db.session.scalars(mine.order_by(BudgetLine.amount_minor.desc()).limit(1)).first()
    if line is None:
        return
    item = SuggestionItem(
        case_id=case.id, n=1, action="change", model="BudgetLine", row_id=line.id, children=[],
        before={"amount_minor": line.amount_minor}, after={"amount_minor": line.amount_minor * 2 // 3 // 100 * 100},
    )  # fmt: skip
    db.session.add(Suggestion(
        case_id=case.id, agency_id=member.agency_id, user_id=member.user_id, who=watching.who_is(consent),
        kind=SuggestionKind.CHANGES, about={}, note="这样到 18 日就够还海尔那一期了。", created_at=now.at, items=[item],
    ))  # fmt: skip
    changes = [{"action": "change", "model": "BudgetLine", "row_id": line.id, "before": item.before,
                "after": item.after, "children": []}]  # fmt: skip
    watching.write_down(case.id, AuditAct.SUGGEST, watching.who_is(consent), consent, changes, "budget.edit_post")
