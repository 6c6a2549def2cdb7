"""A counsellor's clients as one table: what consent allows of each, filtered, sorted and cut into pages by the database.

However many clients there are, it is one statement.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Integer,
    Row,
    String,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from ..extensions import db
from ..models import AgencyMember, Case, CaseFigures, Client, ClientTask, Consent, Membership, Part, Role, SignIn
from . import looking

PAGE = 50
SOON_DAYS, LATER_DAYS = 7, 14


class Filter(StrEnum):
    """Which clients to show."""

    ALL = "all"
    SHORT = "short"
    OVERDUE = "overdue"
    WAITING = "waiting"
    ANSWER = "answer"
    REVIEW = "review"
    AWAY = "away"
    ENDING = "ending"
    NO_ACCESS = "no_access"


class Sort(StrEnum):
    """What the table is sorted by; the value is also the column's name in the address."""

    CLIENT = "client"
    SHORT = "short"
    OWED = "owed"
    OVERDUE = "overdue"
    CONSENT = "consent"
    OPENED = "opened"
    NEXT = "next"


class Next(StrEnum):
    """What to do next for a client, the most urgent first; OWN is what the counsellor wrote down."""

    OWN = "own"
    ANSWER = "answer"
    SHORT = "short"
    OVERDUE = "overdue"
    REPLY = "reply"
    ENDING = "ending"
    REVIEW = "review"
    TASK = "task"
    WAIT = "wait"
    NOTHING = "nothing"
    NO_ACCESS = "no_access"


class State(StrEnum):
    """What the consent of a client is worth now. NONE: not given yet."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the caseload somebody asked for."""

    only: Filter = Filter.ALL
    by: Sort = Sort.SHORT
    backwards: bool = False
    search: str = ""
    page: int = 1

    def args(self, **changed: Any) -> dict[str, Any]:
        """It as parts of an address, the usual ones left out."""
        sort = ("-" if self.backwards else "") + self.by
        found = {"show": self.only, "sort": sort, "q": self.search, "page": self.page} | changed
        usual = {"show": Filter.ALL, "sort": Sort.SHORT, "q": "", "page": 1}
        return {name: str(value) for name, value in found.items() if value != usual.get(name)}


class Numbers(NamedTuple):
    """How many clients there are by filter, and how many fit what was asked for."""

    by_filter: dict[Filter, int]
    found: int


def wanted_from(args: Mapping[str, str]) -> Wanted:
    """What an address asks for; what it says wrongly is as if it were not said."""
    sort = args.get("sort", "")
    by, page = sort.removeprefix("-"), args.get("page", "")
    return Wanted(
        Filter(args["show"]) if args.get("show") in set(Filter) else Filter.ALL,
        Sort(by) if by in set(Sort) else Sort.SHORT,
        sort.startswith("-") and by in set(Sort),
        " ".join(args.get("q", "").replace("\0", "").split())[:60],
        min(max(int(page), 1), 10_000) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )


def look_up(member: AgencyMember, wanted: Wanted, now: datetime, today: date) -> tuple[Numbers, list[Row[Any]]]:
    """The clients counted, and one page of them, in one statement that goes through them once."""
    book = _book(member, now, today)
    conditions = {each: _condition(book, each, now, today) for each in Filter}
    asked = and_(conditions[wanted.only], _found_by(book, wanted.search))
    counts = [func.count(case((each, 1))).label(f"count_{n}") for n, each in enumerate((*conditions.values(), asked))]
    counted = select(*counts).select_from(book).cte("counted")
    nth = func.row_number().over(order_by=_order(book, wanted)).label("nth")
    sorted_rows = select(book, nth).where(asked).order_by(nth).limit(PAGE).offset((wanted.page - 1) * PAGE)
    page = sorted_rows.subquery("page")
    told = looking.told_at(member, page.c.case_id, now)
    joined = select(counted, page, told).select_from(counted.outerjoin(page, true()))
    found = list(db.session.execute(joined.order_by(page.c.nth)))
    totals = found[0][: len(counts)]
    numbers = Numbers(dict(zip(Filter, totals, strict=False)), totals[-1])
    return numbers, [row for row in found if row.client_id is not None]


def one(member: AgencyMember, client_id: int, now: datetime, today: date) -> Row[Any] | None:
    """One client as the table has them; None for one of another counsellor."""
    book = _book(member, now, today)
    return db.session.execute(select(book).where(book.c.client_id == client_id)).one_or_none()


def ahead(member: AgencyMember, now: datetime, today: date, until: date, client_ids: Collection[int]) -> list[Row[Any]]:
    """These clients, and those for whom a reply, a review or the end of consent falls before `until` is over."""
    book = _book(member, now, today)
    c, end = book.c, now + timedelta(days=(until - today).days + 1)
    wanted = or_(
        c.client_id.in_(client_ids), c.reply_on.between(today, until), c.review_on.between(today, until),
        and_(c.is_open, c.expires_at <= end),
    )  # fmt: skip
    return list(db.session.execute(select(book).where(wanted).order_by(c.number)))


def _book(member: AgencyMember, now: datetime, today: date) -> CTE:
    """Each client of this counsellor with what they may see: the rest is NULL before anything is filtered or sorted."""
    f, is_open = CaseFigures, _is_open(now)
    newest = select(func.max(Consent.id)).where(Consent.user_id == member.user_id).group_by(Consent.case_id)
    cash = and_(is_open, _shares(Part.BUDGET), _shares(Part.LOANS))
    owed = and_(is_open, _shares(Part.LOANS))
    talks = and_(is_open, _shares(Part.CONTACTS))
    named = or_(is_open, Client.case_id.is_(None))
    opened, tasks = _last_opened(member), _next_tasks(member)
    columns = [
        Client.id.label("client_id"), Client.number, Client.case_id, Client.version, Consent.expires_at,
        _state(now).label("state"), is_open.label("is_open"), cash.label("sees_cash"), owed.label("sees_loans"),
        talks.label("sees_talks"),
        *(_if(named, getattr(Client, name)) for name in ("name", "place", "next_step", "next_on")),
        *(_if(cash, getattr(f, name)) for name in ("has_balance", "short_on", "short_minor", "income_minor")),
        *(_if(owed, getattr(f, name)) for name in ("owed_minor", "due_minor", "overdue_days", "overdue_minor")),
        *(_if(talks, getattr(f, name)) for name in ("reply_on", "review_on", "answers")),
        f.currency, f.is_stale, f.day, f.worked_out_at, Case.timezone,
        _if(is_open, opened.c.seen_at), _if(named, tasks.c.task_on),
    ]  # fmt: skip
    joined = (
        select(*columns)
        .outerjoin(Consent, and_(Consent.case_id == Client.case_id, Consent.id.in_(newest)))
        .outerjoin(Case, and_(Case.id == Client.case_id, is_open))
        .outerjoin(f, and_(f.case_id == Client.case_id, is_open))
        .outerjoin(opened, opened.c.case_id == Client.case_id)
        .outerjoin(tasks, tasks.c.client_id == Client.id)
        .where(Client.agency_id == member.agency_id)  # and, as in clients.is_mine, looked after or let in
        .where(or_(Client.counsellor_id == member.user_id, and_(is_open, Consent.agency_id == member.agency_id)))
    )
    inner = joined.cte("shared")
    return select(inner, _next(inner, now, today).label("next")).cte("book")


def _is_open(now: datetime) -> ColumnElement[bool]:
    """Whether the newest consent counts; false, not NULL, where there is none."""
    return func.coalesce(and_(Consent.ended_at.is_(None), Consent.expires_at > now), false(), type_=Boolean)


def _shares(part: Part) -> ColumnElement[bool]:
    """Whether the consent's list of parts, which is JSON, names this one."""
    return func.coalesce(cast(Consent.parts, String).contains(f'"{part}"'), false(), type_=Boolean)


def _if(seen: ColumnElement[bool], column: Any) -> ColumnElement[Any]:
    return case((seen, column), else_=null()).label(column.name)


def _state(now: datetime) -> ColumnElement[str]:
    return case(
        (Consent.id.is_(None), literal(State.NONE.value)),
        (Consent.ended_at.is_not(None), literal(State.WITHDRAWN.value)),
        (Consent.expires_at <= now, literal(State.EXPIRED.value)),
        else_=literal(State.OPEN.value),
    )


def _last_opened(member: AgencyMember) -> CTE:
    """When somebody of a household that let this counsellor in last opened the app."""
    seen = select(Consent.case_id, func.max(SignIn.seen_at).label("seen_at"))
    joined = seen.join(Membership, Membership.case_id == Consent.case_id).join(
        SignIn, SignIn.user_id == Membership.user_id
    )
    owners = joined.where(Consent.user_id == member.user_id, Membership.role == Role.BORROWER)
    return owners.group_by(Consent.case_id).cte("opened")


def _next_tasks(member: AgencyMember) -> CTE:
    """The day of the oldest open task of each client of the agency."""
    task_on = func.min(ClientTask.due_on).label("task_on")
    waiting = select(ClientTask.client_id, task_on).where(
        ClientTask.agency_id == member.agency_id, ClientTask.done_at.is_(None)
    )
    return waiting.group_by(ClientTask.client_id).cte("tasks")


def _next(shared: CTE, now: datetime, today: date) -> ColumnElement[str]:
    """What to do next: what was written down, else the first of these that applies."""
    c, soon, later = shared.c, today + timedelta(days=SOON_DAYS), today + timedelta(days=LATER_DAYS)
    order: dict[Next, ColumnElement[bool]] = {
        Next.NO_ACCESS: and_(~c.is_open, c.case_id.is_not(None)),
        Next.OWN: c.next_step.is_not(None),
        Next.ANSWER: c.answers > 0,
        Next.SHORT: c.short_on <= soon,
        Next.OVERDUE: c.overdue_days > 0,
        Next.REPLY: c.reply_on < today,
        Next.ENDING: and_(c.is_open, c.expires_at <= now + timedelta(days=LATER_DAYS)),
        Next.REVIEW: c.review_on <= later,
        Next.TASK: c.task_on <= today,
        Next.WAIT: c.reply_on.is_not(None),
    }
    return case(*((applies, literal(each.value)) for each, applies in order.items()), else_=Next.NOTHING.value)


def _condition(book: CTE, only: Filter, now: datetime, today: date) -> ColumnElement[bool]:
    c, later = book.c, today + timedelta(days=LATER_DAYS)
    conditions: dict[Filter, ColumnElement[bool]] = {
        Filter.ALL: true(),
        Filter.SHORT: c.short_on <= today + timedelta(days=SOON_DAYS),
        Filter.OVERDUE: c.overdue_days > 0,
        Filter.WAITING: c.reply_on.is_not(None),
        Filter.ANSWER: c.answers > 0,
        Filter.REVIEW: c.review_on <= later,
        Filter.AWAY: and_(c.is_open, or_(c.seen_at.is_(None), c.seen_at <= now - timedelta(days=LATER_DAYS))),
        Filter.ENDING: and_(c.is_open, c.expires_at <= now + timedelta(days=LATER_DAYS)),
        Filter.NO_ACCESS: ~c.is_open,
    }
    return conditions[only]


def _found_by(book: CTE, text: str) -> ColumnElement[bool]:
    """Whether the name or the place holds this text, or the number is it. Names that are not to be seen are not found either."""
    if not text:
        return true()
    found = [book.c.name.icontains(text, autoescape=True), book.c.place.icontains(text, autoescape=True)]
    digits = text.lstrip("#")
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        found.append(book.c.number == cast(int(digits), Integer))
    return func.coalesce(or_(*found), false(), type_=Boolean)


def _order(book: CTE, wanted: Wanted) -> list[ColumnElement[Any]]:
    """The order of the rows; those without a value come last whichever way, and the number decides between equals."""
    c = book.c
    urgency = case({each.value: n for n, each in enumerate(Next)}, value=c.next)
    columns: dict[Sort, list[ColumnElement[Any]]] = {
        Sort.CLIENT: [func.lower(c.name)],
        Sort.SHORT: [c.short_on, case((c.short_on.is_not(None), -c.short_minor))],
        Sort.OWED: [c.owed_minor],
        Sort.OVERDUE: [func.nullif(c.overdue_days, 0)],
        Sort.CONSENT: [case((c.is_open, c.expires_at))],
        Sort.OPENED: [c.seen_at],
        Sort.NEXT: [urgency, c.next_on],
    }
    order = [(each.desc() if wanted.backwards else each.asc()).nulls_last() for each in columns[wanted.by]]
    return [*order, c.number.asc()]
