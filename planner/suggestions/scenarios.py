"""A what-if that a counsellor suggests: kept as its address alone, and worked out anew whenever somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flask_babel import force_locale
from werkzeug.datastructures import MultiDict

from .. import clock
from ..access import select_rows
from ..changing import Change
from ..engine.outcome import Summary
from ..engine.schedule import Instalment
from ..extensions import db
from ..i18n import LOCALES
from ..loans import services as loans
from ..loans import tried
from ..loans import what_if as trying
from ..loans.services import LoanPosition
from ..loans.what_if import Outcome
from ..models import Case, Loan, Suggestion

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Scenario:
    """A what-if as it comes out now; `outcome` is None where it cannot be worked out any more."""

    position: LoanPosition
    query: str
    outcome: Outcome | None

    @property
    def headline(self) -> str:
        """The one thing it does."""
        return tried.headline(self.position, self.outcome) if self.outcome else ""

    @property
    def lines(self) -> list[tried.Line]:
        """Before and after, figure by figure."""
        return tried.lines(self.position, self.outcome) if self.outcome else []

    @property
    def figures(self) -> list[Any]:
        """Both sides and what the lender gives up as they are kept, in no language, to notice that they changed."""
        if self.outcome is None:
            return []
        what = self.outcome.what
        return [_side(what.before, what.rows_before), _side(what.after, what.rows_after), what.forgiven_minor]


def _side(summary: Summary, rows: Sequence[Instalment]) -> list[Any]:
    """The payments and sums of a side in minor units, the last day, and the yearly cost to a hundredth of a per cent."""
    s, cost = summary, summary.annual_cost
    second = rows[min(1, len(rows) - 1)].payment_minor
    return [s.instalment_minor, second, s.largest_minor, s.months, s.last_date.isoformat(), s.interest_minor, s.fees_minor,
            s.total_minor, str(round(cost.nominal, 4)) if cost else None]  # fmt: skip


def work_out(loan: Loan, query: str, case: Case) -> Scenario:
    """The what-if of an address on a loan."""
    position = loans.position(loan, clock.today(case.timezone))
    given = MultiDict(parse_qsl(query))
    form, kept = trying.read_form(position, given), trying.read_kept(position, given)
    outcome = None if kept is None or position.agreed else trying.find_outcome(position, form, kept)
    return Scenario(position, query, outcome)


def of_suggestion(suggestion: Suggestion, case: Case) -> Scenario | None:
    """The suggested what-if as it comes out now; None when its loan is gone."""
    mine = select_rows(Loan, case).where(Loan.id == suggestion.about["loan_id"])
    loan = db.session.scalars(mine).one_or_none()
    return work_out(loan, suggestion.about["query"], case) if loan else None


def kept(scenario: Scenario, outcome: Outcome) -> Change:
    """What a suggestion keeps of it, in no language."""
    return {"effect": list(tried.effect(scenario.position, outcome)), "figures": scenario.figures}


def headline_of(about: Change) -> str:
    """What was suggested, in the reader's words. Earlier suggestions kept it in those of the counsellor."""
    if "effect" in about:
        return tried.effect_words(tried.Effect(*about["effect"]))
    return str(about["headline"])


def has_changed(scenario: Scenario, about: Change) -> bool:
    """Whether it comes to something else than was suggested.

    Of an earlier suggestion only the words of its figures are known, in whichever language the counsellor read.
    """
    if "figures" in about:
        return bool(scenario.figures != about["figures"])
    said = [line[1:] for line in about["lines"]]
    return said not in [_said(scenario, locale) for locale in LOCALES]


def _said(scenario: Scenario, locale: str) -> list[list[str]]:
    with force_locale(locale):
        return [[line.before, line.after] for line in scenario.lines]
