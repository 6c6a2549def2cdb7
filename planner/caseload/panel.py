"""One client as their counsellor sees them: what they share, from their stored figures and their loans.

Looking is written down for the client to read; of a client whose consent is over there is a number and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Row, func, select

from .. import charts, watching
from ..access import Permission, open_case, select_rows
from ..charts import At, Mark
from ..errors import NotFound
from ..extensions import db
from ..formatting import day, money
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import AgencyMember, AuditAct, Case, CaseFigures, Client, Consent, Part, Suggestion
from . import figures, listing
from .clients import get_client, zone_of

CHART_DAYS = 14
# The first page of a case, by what is shared of it.
_FIRST_PAGES: tuple[tuple[str, frozenset[Part]], ...] = (
    ("today.index", frozenset({Part.BUDGET, Part.LOANS})),
    ("budget.index", frozenset({Part.BUDGET})),
    ("loans.index", frozenset({Part.LOANS})),
    ("proposals.index", frozenset({Part.PLANS, Part.BUDGET, Part.LOANS})),
    ("negotiation.index", frozenset({Part.CONTACTS})),
    ("evidence.index", frozenset({Part.FILES})),
)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a client shares now. `figures` are None until they were worked out once; `waiting` counts this counsellor's
    suggestions that the client has yet to decide on."""

    case: Case
    consent: Consent
    figures: CaseFigures | None
    is_stale: bool
    loans: tuple[LoanPosition, ...]
    waiting: int

    def sees(self, *parts: Part) -> bool:
        """Whether all of these are shared."""
        return frozenset(parts) <= frozenset(self.consent.parts)

    @property
    def first_page(self) -> str | None:
        """The page of the case to begin with; None where nothing that has one is shared."""
        return next((page for page, parts in _FIRST_PAGES if self.sees(*parts)), None)

    @property
    def short_names(self) -> list[str]:
        """What will not fit on the first red day."""
        return figures.short_names(self.figures.short_what if self.figures else None)


@dataclass(frozen=True, slots=True)
class Panel:
    """A client on the list, as a row of it, with what they share; None without an open consent."""

    client: Client
    row: Row[Any]
    zone: str
    today: date
    shared: Shared | None

    @property
    def is_hidden(self) -> bool:
        """Whether there is a file and no consent for it: then only the number is shown."""
        return self.shared is None and self.client.case_id is not None


def look(member: AgencyMember, client_id: int, now: datetime, today: date) -> Panel:
    """Show a client to their counsellor, and write that down. Raises NotFound for another's client. Commits."""
    client = get_client(member, client_id)
    row = listing.one(member, client.id, now, today)
    if row is None:
        raise NotFound
    shared = None
    if row.is_open and client.case_id is not None:
        shared = _shared(open_case(client.case_id, Permission.VIEW), now)
        who = watching.who_is(shared.consent)
        watching.write_down(shared.case.id, AuditAct.LOOK, who, shared.consent, endpoint="caseload.detail")
        db.session.commit()
    return Panel(client, row, zone_of(member), today, shared)


def chart(shared: Shared) -> Markup | None:
    """The cash of the coming two weeks; None while the money in hand is not known."""
    found = shared.figures
    points = found.chart[:CHART_DAYS] if found else []
    if found is None or not points:
        return None
    days, balances = [date.fromisoformat(on) for on, _minor in points], [minor for _on, minor in points]
    low = min(range(len(points)), key=balances.__getitem__)
    amount, on = money(balances[low], found.currency), day(days[low])
    short = days.index(found.short_on) if found.short_on in days else None
    marks: list[tuple[int, Mark]] = [] if short is None else [(short, "short")]
    places = sorted({0, short or len(days) // 2, len(days) - 1})
    ticks = [At(place, day(days[place]) if place else _("today")) for place in places]
    return charts.cashflow(
        balances, key="cash", title=_("Money day by day"), desc=_("Lowest %(amount)s on %(day)s.", amount=amount, day=on),
        low_label=_("lowest %(amount)s (%(day)s)", amount=amount, day=on), ticks=ticks, marks=marks, height=130,
    )  # fmt: skip


def _shared(case: Case, now: datetime) -> Shared:
    """What there is to see, as far as it is shared; the figures worked out first if they are of before."""
    consent: Consent = g.consent
    stored = _figures(case)
    if figures.is_stale(stored, case.timezone, now):
        figures.refresh([case.id], now)
        stored = _figures(case)
    sees_loans = Part.LOANS in consent.parts
    places = loans.positions(case, figures.day_in(case.timezone, now)) if sees_loans else []
    running = tuple(p for p in places if not p.is_paid_off)
    return Shared(case, consent, stored, figures.is_stale(stored, case.timezone, now), running, _waiting(case, consent))


def _figures(case: Case) -> CaseFigures | None:
    mine = select(CaseFigures).where(CaseFigures.case_id == case.id)
    return db.session.scalars(mine.execution_options(populate_existing=True)).one_or_none()


def _waiting(case: Case, consent: Consent) -> int:
    mine = select_rows(Suggestion, case).where(
        Suggestion.user_id == consent.user_id, Suggestion.decided_at.is_(None), Suggestion.withdrawn_at.is_(None)
    )
    return db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0
