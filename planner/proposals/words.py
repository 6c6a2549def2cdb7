"""What the pages of a proposal say: requests, reasons, what a request comes to, and what the engine refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from ..documents.proposal import Asked
from ..engine.asked import Kind, Outcome
from ..engine.errors import EngineError, NeverPaysOff, TermsError
from ..engine.schedule import Instalment
from ..engine.suggestions import Why
from ..formatting import day, money, percent
from .checking import Question
from .drafting import Part
from .forms import KINDS


class Line(NamedTuple):
    """A row of the table before and after."""

    label: str
    before: str
    after: str


def request_words(asked: Asked | None, code: str) -> str:
    """The request in a few words."""
    if asked is None:
        return _("Paid as agreed")
    said: dict[Kind, Callable[[], Any]] = {
        Kind.REDUCE: lambda: _(
            "%(amount)s each time from %(from_on)s until all is repaid",
            amount=money(asked.amount_minor or 0, code),
            from_on=_on(asked.from_on),
        ),
        Kind.REDUCE_UNTIL: lambda: _reduced_words(asked, code),
        Kind.POSTPONE: lambda: ngettext(
            "Postpone %(num)d instalment from %(from_on)s",
            "Postpone %(num)d instalments from %(from_on)s",
            asked.count or 0,
            from_on=_on(asked.from_on),
        ),
        Kind.RATE: lambda: _(
            "%(rate)s a year from %(from_on)s", rate=percent(asked.annual_rate, 2), from_on=_on(asked.from_on)
        ),
        Kind.FREEZE: lambda: (
            _("No interest from %(from_on)s to %(until)s", from_on=_on(asked.from_on), until=_on(asked.until))
            if asked.until
            else _("No interest from %(from_on)s until all is repaid", from_on=_on(asked.from_on))
        ),
        Kind.LONGER: lambda: ngettext("%(num)d instalment more", "%(num)d instalments more", asked.instalments or 0),
        Kind.MOVE_DUE: lambda: _("Due on day %(day)d from %(from_on)s", day=asked.day, from_on=_on(asked.from_on)),
        Kind.SETTLE: lambda: _(
            "%(amount)s on %(from_on)s ends it", amount=money(asked.amount_minor or 0, code), from_on=_on(asked.on)
        ),
    }
    return str(said[Kind(asked.kind)]())


def kind_words(asked: Asked | None) -> str:
    """The kind of request without its figures, which may be changing on the page."""
    return _("Paid as agreed") if asked is None else str(KINDS[asked.kind])


def why_words(part: Part) -> str:
    """Why this is suggested, in one sentence; nothing where the borrower chose."""
    if part.why is None:
        return ""
    return {
        Why.FITS: _("The contract's instalment fits its share: there is nothing to ask for."),
        Why.ENDS: _("It ends before the plan begins."),
        Why.WHILE: _("Your cause has an end: pay less until then, and as before after it."),
        Why.LESS: _("Its share repays everything at the contract's own cost, only later."),
        Why.ARREARS: _("Its share covers the instalment and takes over what is overdue."),
        Why.INTEREST: _(
            "Its share does not repay the loan in good time: six months with interest at rest, then another look."
        ),
        Why.TOKEN: _("Nothing is left for it now: a token for six months with interest at rest shows good will."),
        Why.NONE: _("No request works out by itself here. Choose one."),
    }[part.why]


def comparison(outcome: Outcome, code: str) -> list[Line]:
    """The contract beside what is asked, from the day it begins."""
    b, a = outcome.rows_before, outcome.rows_after
    found = [
        Line(_("Each instalment"), money(_usual(b), code, cents=True), money(_usual(a), code, cents=True)),
        Line(_("Instalments"), str(len(b)), str(len(a))),
        Line(_("Ends"), day(b[-1].due_date, "month"), day(a[-1].due_date, "month")),
        Line(
            _("Paid in all"),
            money(outcome.total_before_minor, code, cents=True),
            money(outcome.total_after_minor, code, cents=True),
        ),
    ]
    if outcome.forgiven_minor:
        found.append(Line(_("Given up by the lender"), "–", money(outcome.forgiven_minor, code, cents=True)))
    return [*found, Line(_("True yearly cost"), percent(outcome.cost_before), percent(outcome.cost_after))]


def outcome_words(outcome: Outcome, code: str) -> str:
    """The comparison in a sentence, the month and the total together."""
    each = _usual(outcome.rows_after) - _usual(outcome.rows_before)
    more, total = len(outcome.rows_after) - len(outcome.rows_before), outcome.cost_minor
    said = []
    if each:
        said.append(
            _("%(amount)s less each time", amount=money(-each, code))
            if each < 0
            else _("%(amount)s more each time", amount=money(each, code))
        )
    if more:
        said.append(
            ngettext("%(num)d instalment more", "%(num)d instalments more", more)
            if more > 0
            else ngettext("%(num)d instalment fewer", "%(num)d instalments fewer", -more)
        )
    said.append(
        _("%(amount)s more in all", amount=money(total, code))
        if total > 0
        else _("%(amount)s less in all", amount=money(-total, code))
        if total < 0
        else _("the total stays the same")
    )
    return _("%(parts)s.", parts=_(", ").join(map(str, said)))


def resume_words(outcome: Outcome, code: str) -> str:
    """How normal payments resume."""
    if outcome.resumes_on is None:
        if outcome.asked.kind in (Kind.REDUCE, Kind.LONGER, Kind.SETTLE):
            return _(
                "This replaces the contract's instalments to the end, on %(day)s.",
                day=day(outcome.rows_after[-1].due_date, "full"),
            )
        return ""
    after = [row for row in outcome.rows_after if row.due_date >= outcome.resumes_on]
    return _(
        "From %(day)s on it is %(amount)s each time again, until %(end)s.",
        day=day(outcome.resumes_on, "full"),
        amount=money(_usual(after), code),
        end=day(after[-1].due_date, "month"),
    )


def question_words(question: Question, code: str) -> str:
    """What a lender would ask about a heading."""
    amount, usual = money(question.monthly_minor, code), money(question.usual_minor, code)
    if question.kind == "over":
        whose = question.source or _("the guideline")
        return _(
            "%(amount)s a month; %(whose)s says %(usual)s. Above it, lenders expect a reason.",
            amount=amount,
            whose=whose,
            usual=usual,
        )
    if question.kind == "low":
        return _(
            "%(amount)s a month planned; in the imported months it was about %(usual)s. A budget that is too tight breaks.",
            amount=amount,
            usual=usual,
        )
    if question.kind == "high":
        return _(
            "%(amount)s a month planned; in the imported months it was about %(usual)s.", amount=amount, usual=usual
        )
    return _("There is no line for it. Nearly every household has one.")


def refusal(error: EngineError, code: str) -> str:
    """What the engine refuses, as a sentence that says what to type."""
    if isinstance(error, NeverPaysOff):
        return _("This does not cover the interest; enter a larger amount")
    if not isinstance(error, TermsError):
        return _("This cannot be worked out for this loan; try another number")
    least: Any = error.params.get("least")
    most: Any = error.params.get("most")
    sentences = {
        "more_than_owed": lambda: _("%(amount)s clears it that day; more is not needed", amount=money(most, code)),
        "not_lower": lambda: _("The instalment is smaller already; enter at most %(amount)s", amount=money(most, code)),
        "before_next_due": lambda: _("Enter %(day)s or later: the next instalment is due then", day=day(least, "full")),
        "before_start": lambda: _("Enter %(day)s or later", day=day(least, "full")),
        "in_the_past": lambda: _("This day is past; enter %(day)s or later", day=day(least, "full")),
        "after_last_due_date": lambda: _("Enter %(day)s or earlier: the loan ends then", day=day(most, "full")),
        "waits_too_long": lambda: _(
            "This date is so late that the interest until then exceeds the amount; enter an earlier one"
        ),
        "not_monthly": lambda: _("This loan is not paid by the month, so it has no day of the month"),
        "no_interest": lambda: _("This loan bears no interest that could rest"),
        "nothing_left": lambda: _("Nothing is left to pay here"),
    }
    if error.code in sentences:
        return sentences[error.code]()
    return _("This cannot be worked out for this loan; try another number")


def _reduced_words(asked: Asked, code: str) -> str:
    amount = money(asked.amount_minor or 0, code)
    if asked.interest:
        return _(
            "%(amount)s each time from %(from_on)s to %(until)s, interest at rest",
            amount=amount,
            from_on=_on(asked.from_on),
            until=_on(asked.until),
        )
    return _(
        "%(amount)s each time from %(from_on)s to %(until)s",
        amount=amount,
        from_on=_on(asked.from_on),
        until=_on(asked.until),
    )


def _usual(rows: tuple[Instalment, ...] | list[Instalment]) -> int:
    """The instalment as people say it: the first may hold arrears, and the last what is left."""
    return rows[1 if len(rows) > 2 else 0].payment_minor


def _on(value: Any) -> str:
    return day(value, "full")
