"""A what-if that a counsellor suggests: kept as its address alone, and worked out anew whenever somebody looks."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from .. import clock
from ..access import select_rows
from ..extensions import db
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
    def figures(self) -> list[list[str]]:
        """The lines as they are kept, to notice that they changed."""
        return [list(line) for line in self.lines]


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
