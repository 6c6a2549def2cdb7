"""Examples on the settings page from the household's own next instalment, so that people see what they choose."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask_babel import gettext as _

from ..engine.reminding import local_date
from ..formatting import day, money
from ..loans.services import LoanPosition
from ..models import ReminderKind, Wording
from . import picture as pictures
from .picture import Picture

AHEAD = timedelta(days=130)


def next_dates(picture: Picture, now: datetime) -> tuple[str, list[date]] | None:
    """The loan of the next instalment and the days on which it will be reminded of; None when there are none."""
    shown = _next(picture)
    if shown is None:
        return None
    p, on, _left = shown
    rules = picture.wishes.rules_of(p.loan.id)
    own = {step.offset_days for step in rules.steps}
    days = [
        local_date(each.fire_at, rules) for each in pictures.planned(picture, now, AHEAD)
        if each.kind == ReminderKind.INSTALMENT and (each.loan_id, each.due_on) == (p.loan.id, on) and each.step in own
        and each.dropped is None and each.fire_at > now
    ]  # fmt: skip
    return (p.loan.title, days) if days else None


def titles(picture: Picture) -> dict[str, str]:
    """What a locked screen would show for each wording, for the next instalment."""
    shown = _next(picture)
    if shown is None:
        return {Wording.NEUTRAL: _("Steady: there is a new reminder")}
    p, on, left = shown
    return {
        Wording.NEUTRAL: _("Steady: there is a new reminder"),
        Wording.DATE: _("Steady: a reminder for %(day)s", day=day(on)),
        Wording.FULL: _("Steady: %(day)s %(loan)s %(amount)s", day=day(on), loan=p.loan.title,
                        amount=money(left, p.loan.currency)),
    }  # fmt: skip


def _next(picture: Picture) -> tuple[LoanPosition, date, int] | None:
    """The next instalment that is not past due, else the oldest."""
    unpaid = [(row.instalment.due_date, p, row.left_minor) for p in picture.positions for row in p.ledger.rows
              if not row.is_paid]  # fmt: skip
    ahead = [each for each in unpaid if each[0] >= each[1].ledger.as_of] or unpaid
    if not ahead:
        return None
    on, p, left = min(ahead, key=lambda each: (each[0], each[1].loan.id))
    return p, on, left
