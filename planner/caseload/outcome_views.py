"""The agency's report of outcomes, as a page and as CSV; both show the same figures, small groups kept back."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from .. import clock
from ..access import agency
from ..documents import csv_file
from ..documents.files import File
from ..engine.money import currency, from_minor
from ..engine.outcomes import Cell, Report, Shown
from ..formatting import money
from ..models import AgencyMember, AgencyRole
from ..sharing.copies import download
from . import outcomes
from .clients import zone_of
from .outcomes import Span

bp = Blueprint("outcomes", __name__, url_prefix="/desk")
Page = str | tuple[str, int] | Response


@bp.get("/outcomes")
@agency(AgencyRole.COUNSELLOR)
def index(member: AgencyMember) -> Page:
    span, found = _asked(member)
    return render_template(
        "caseload/outcomes.html", agency=member.agency, span=span, report=found, labels=labels(), cell_words=cell_words,
        sum_words=sum_words, spans=outcomes.closed_spans(clock.today(zone_of(member))), span_words=span_words,
    )  # fmt: skip


@bp.get("/outcomes.csv")
@agency(AgencyRole.COUNSELLOR)
def as_csv(member: AgencyMember) -> Page:
    span, found = _asked(member)
    content = csv_file.write(_rows(member.agency.name, span, found))
    return download(File(f"outcomes-{span.key}.csv", "text/csv; charset=utf-8", content))


def _asked(member: AgencyMember) -> tuple[Span, Report]:
    zone = zone_of(member)
    span = outcomes.span_of(request.args.get("span"), clock.today(zone))
    return span, outcomes.outcomes_of(member.agency_id, span, clock.now(), zone)


def labels() -> dict[str, str]:
    """What each part of a table is called."""
    return {
        "better": _("Less overdue than when consent began"), "same": _("The same as when consent began"),
        "worse": _("More overdue than when consent began"), "unknown": _("Loans not shared"),
        "accept": _("Accepted"), "counter": _("Countered"), "ask": _("Asked for more"), "decline": _("Declined"),
        "unanswered": _("Not answered yet"),
        "avoided": _("Avoided: paid by that day, or agreed otherwise"), "came_true": _("Came true: not paid that day"),
    }  # fmt: skip


def span_words(span: Span) -> str:
    """What a quarter or a year is called."""
    if span.last.month - span.first.month > 2:
        return str(span.first.year)
    return _("Quarter %(n)d of %(year)d", n=span.last.month // 3, year=span.first.year)


def cell_words(cell: Cell) -> str:
    """A count as it is published."""
    if cell.shown == Shown.FEW:
        return _("fewer than 5")
    if cell.shown == Shown.HIDDEN:
        return _("kept back")
    return "–" if cell.value is None else str(cell.value)


def sum_words(cell: Cell, code: str) -> str:
    """An amount as it is published."""
    return money(cell.value, code) if cell.shown == Shown.EXACT and cell.value is not None else cell_words(cell)


def _rows(name: str, span: Span, found: Report) -> Iterator[list[str]]:
    words = labels()
    yield [_("Outcomes"), name]
    yield [_("From"), span.first.isoformat(), _("Until"), span.last.isoformat()]
    yield [_("Rounded"), _("counts to fives, amounts more coarsely; parts need not add up")]
    yield [_("Clients helped"), cell_words(found.course.total)]
    yield from ([words[key], cell_words(cell)] for key, cell in found.course.parts.items())
    yield [_("Took their consent back"), cell_words(found.withdrawn)]
    yield [_("Short days named"), cell_words(found.days.total)]
    yield from ([words[key], cell_words(cell)] for key, cell in found.days.parts.items())
    yield [_("Proposals sent"), cell_words(found.answers.total)]
    yield from ([words[key], cell_words(cell)] for key, cell in found.answers.parts.items())
    yield [_("Days to the first reply (median)"), cell_words(found.reply_days)]
    for sums in found.overdue:
        then, now = (_plain(cell, sums.currency) for cell in (sums.then, sums.now))
        yield [_("Overdue when consent began"), then, sums.currency]
        yield [_("Overdue at the end"), now, sums.currency]


def _plain(cell: Cell, code: str) -> str:
    if cell.shown != Shown.EXACT or cell.value is None:
        return cell_words(cell)
    return format(from_minor(cell.value, currency(code)), "f")
