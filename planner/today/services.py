"""What the first screen says: the next instalment, whether the money covers it, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from ..budget import services as budget
from ..engine.cashflow import RedDay
from ..loans import services as loans
from ..loans.services import DueItem
from ..models import Case, Response, Suggestion, User
from ..radar import services as radar
from ..radar.services import Radar
from ..sharing.services import unread_answers
from ..suggestions import services as suggestions

HORIZON_DAYS = 31
MOST_ACTIONS = 3


class Action(StrEnum):
    """One thing to do next; the template holds its words and where it leads."""

    ADD_INCOME = "add_income"
    ADD_RENT = "add_rent"
    ADD_LOAN = "add_loan"
    SEE_OVERDUE = "see_overdue"
    TRY_OUT = "try_out"
    MAKE_PLAN = "make_plan"
    KEEP_SAFE = "keep_safe"
    SET_REMINDERS = "set_reminders"


@dataclass(frozen=True, slots=True)
class Coming:
    """One line of what is coming up. `minor` is positive for money in."""

    on: date
    title: str
    minor: int
    currency: str
    item: DueItem | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """The first screen. Amounts are minor units; `left_for_instalments_minor` is this month's income less all spending.

    `answers` are lenders' answers nobody of the household has looked at, `suggestions` a counsellor's that wait for the borrower.
    """

    today: date
    next_item: DueItem | None
    overdue: tuple[DueItem, ...]
    month_due_minor: int
    left_for_instalments_minor: int
    surplus_minor: int
    has_income: bool
    has_expense: bool
    has_loan: bool
    coming: tuple[Coming, ...]
    actions: tuple[Action, ...]
    radar: Radar | None
    answers: tuple[Response, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def red_day(self) -> RedDay | None:
        """The next day on which something does not fit; None when everything does, or the money in hand is not known."""
        return next(iter(self.radar.projection.red_days), None) if self.radar else None

    @property
    def is_first_run(self) -> bool:
        """Whether one of the three things a first picture needs is still missing."""
        return not (self.has_income and self.has_expense and self.has_loan)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered."""
        return not (self.has_income or self.has_expense or self.has_loan)

    @property
    def is_short(self) -> bool:
        """Whether this month's money does not cover its instalments."""
        return self.surplus_minor < 0

    @property
    def days_left(self) -> int:
        """Days until the next instalment; negative when it is past due."""
        return (self.next_item.due_on - self.today).days if self.next_item else 0


def look(case: Case, user: User, today: date) -> Today:
    """Everything the first screen shows, from one reading of the budget and one of the loans."""
    positions = loans.positions(case, today)
    month = budget.month_view(case, _month_shown(positions, today), today, positions)
    items = loans.due_items(positions, date.min, today + timedelta(days=400))
    unpaid = [item for item in items if not item.is_paid]
    overdue = tuple(item for item in unpaid if item.due_on < today)
    ahead = next((item for item in unpaid if item.due_on >= today), None)
    seen = Today(
        today=today,
        next_item=ahead or (overdue[0] if overdue else None),
        overdue=overdue,
        month_due_minor=month.summary.instalments_minor,
        left_for_instalments_minor=month.summary.available_minor,
        surplus_minor=month.summary.surplus_minor,
        has_income=month.has_income,
        has_expense=month.has_expense,
        has_loan=bool(positions),
        coming=_coming(case, unpaid, today),
        actions=(),
        radar=radar.look(case, today, positions),
        answers=tuple(unread_answers(case)),
        suggestions=tuple(suggestions.waiting(case)) if suggestions.reader_consent() is None else (),
    )
    return replace(seen, actions=_actions(user, seen))


def _month_shown(positions: list[loans.LoanPosition], today: date) -> date:
    """The first of the month that holds the next instalment: that is the month whose money must cover it."""
    ahead = [item for item in loans.due_items(positions, today, today + timedelta(days=62)) if not item.is_paid]
    return (ahead[0].due_on if ahead else today).replace(day=1)


def _coming(case: Case, unpaid: list[DueItem], today: date) -> tuple[Coming, ...]:
    until = today + timedelta(days=HORIZON_DAYS)
    due = [
        Coming(item.due_on, item.title, -item.left_minor, item.currency, item)
        for item in unpaid
        if item.due_on <= until
    ]
    lines = [Coming(on, name, minor, case.currency) for on, name, minor in budget.coming(case, today, until)]
    return tuple(sorted(due + lines, key=lambda c: (c.on, -c.minor)))


def _actions(user: User, seen: Today) -> tuple[Action, ...]:
    wanted = (
        (Action.ADD_INCOME, not seen.has_income),
        (Action.ADD_RENT, not seen.has_expense),
        (Action.ADD_LOAN, not seen.has_loan),
        (Action.SEE_OVERDUE, bool(seen.overdue)),
        (Action.MAKE_PLAN, seen.has_loan and seen.is_short),
        (Action.KEEP_SAFE, seen.has_loan and user.is_guest),
        (Action.TRY_OUT, seen.has_loan),
        (Action.SET_REMINDERS, seen.has_loan),
    )
    return tuple(action for action, applies in wanted if applies)[:MOST_ACTIONS]
