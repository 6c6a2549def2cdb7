"""What the imported rows mean: plan against actual, headings for the unsorted, and what comes back, to confirm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from .. import clock
from ..access import Permission, get_row, may_see, needs, select_rows
from ..budget import services as budget
from ..budget.forms import FREQUENCIES, WORKING_DAYS, LineForm
from ..engine.recurring import Rhythm
from ..errors import NotFound, NotShared
from ..extensions import db
from ..forms import Choice, Form, options
from ..loans import services as loans
from ..models import BudgetLine, Case, Loan, Part, PayeeRule, Transaction
from ..packs import headings
from ..statements.values import Direction
from . import actual, findings, repayments, sorting
from .findings import Offer
from .sorting import OWN_MONEY, What

bp = Blueprint("history", __name__, url_prefix="/c/<int:case_id>/history")
Page = str | tuple[str, int] | Response
SURENESS = {"sure": _l("quite sure"), "likely": _l("likely"), "maybe": _l("perhaps")}


class SortForm(Form):
    """The heading payments with one other side belong under."""

    category = Choice(_l("Heading"))

    def prepare(self, case: Case, direction: str, owed: Sequence[loans.LoanPosition] = ()) -> SortForm:
        """Offer the headings of that direction, own money, and for money out the loans it may repay."""
        kind = "income" if direction == Direction.IN else "expense"
        named = [(c.key, c.label(str(get_locale()))) for c in headings(case.currency).values() if c.kind == kind]
        repaid = (
            []
            if direction == Direction.IN
            else [(f"loan-{p.loan.id}", _("Repays %(name)s", name=p.loan.title)) for p in owed]
        )
        self.category.choices = options([*named, *repaid, (OWN_MONEY, _l("Between my own accounts: do not count"))])
        return self

    def keep(self, case: Case, payee: str, direction: str, today: date) -> None:
        """Make what was chosen the rule for one other side; its repayments are recorded at once."""
        kind, _sep, number = str(self.category.data).partition("-")
        if kind != "loan":
            sorting.set_rule(case, payee, direction, category=self.category.data)
            return
        owed = get_row(Loan, int(number), case)
        sorting.set_rule(case, payee, direction, loan_id=owed.id)
        repayments.record_loan(case, owed, today)


@bp.get("")
@needs(Permission.VIEW, Part.BUDGET)
def index(case: Case) -> Page:
    today = clock.today(case.timezone)
    month = actual.view_of(case, request.args.get("month"), request.args.get("cycle"), today)
    totals = sorting.month_totals(case, today)
    ranges = [sorting.range_of([getattr(t, name) for t in totals]) for name in ("income_minor", "spending_minor")]
    found = actual.actual(case, month, today)
    owed = repayments.choices(case, today)
    forms = {each.payee + each.direction: SortForm().prepare(case, each.direction, owed) for each in found.unsorted}
    return render_template("imports/actual.html", a=found, totals=totals, ranges=ranges, forms=forms)


@bp.post("/sort")
@needs(Permission.RECORD, Part.BUDGET)
def sort(case: Case) -> Page:
    direction = request.form.get("direction", "")
    payee = sorting.payee_key(request.form.get("payee", "").replace("\0", ""))
    form = SortForm().prepare(case, direction, _owed(case))
    if direction not in (Direction.IN, Direction.OUT) or not payee:
        raise NotFound
    _keep_to_budget(case, payee, direction)
    back = url_for("history.index", **_span(request.args))
    if not form.validate_on_submit():
        flash(_("Choose a heading from the list"))
        return redirect(back)
    form.keep(case, payee, direction, clock.today(case.timezone))
    db.session.commit()
    flash(_("Sorted, now and in the future"))
    return redirect(back)


@bp.get("/rows/<int:row_id>")
@needs(Permission.RECORD, Part.BUDGET)
def row(case: Case, row_id: int) -> Page:
    stored = _sortable(case, row_id)
    form = SortForm().prepare(case, stored.direction, _owed(case))
    found = sorting.sort_row(case, sorting.Rules(case), stored)
    if found.loan_id is not None:
        form.category.data = f"loan-{found.loan_id}"
    else:
        form.category.data = OWN_MONEY if found.what == What.OWN else found.category
    return _row_page(case, stored, form)


@bp.post("/rows/<int:row_id>")
@needs(Permission.RECORD, Part.BUDGET)
def row_post(case: Case, row_id: int) -> Page:
    stored = _sortable(case, row_id)
    form = SortForm().prepare(case, stored.direction, _owed(case))
    if stored.direction not in (Direction.IN, Direction.OUT):
        raise NotFound
    if not form.validate_on_submit():
        return _row_page(case, stored, form), 422
    payee = sorting.payee_key(stored.counterparty or stored.text)
    form.keep(case, payee, stored.direction, clock.today(case.timezone))
    db.session.commit()
    flash(_("Sorted, now and in the future"))
    return redirect(url_for("imports.transactions"))


@bp.get("/recurring")
@needs(Permission.VIEW, Part.BUDGET)
def recurring(case: Case) -> Page:
    found = findings.offers(case, clock.today(case.timezone))
    known = sum(each.line is not None for each in found)
    return render_template("imports/recurring.html", offers=found, known=known, rhythm=rhythm_words, sureness=SURENESS)


@bp.post("/recurring/known")
@needs(Permission.RECORD, Part.BUDGET)
def known(case: Case) -> Page:
    found = [(each, each.line) for each in findings.offers(case, clock.today(case.timezone)) if each.line is not None]
    for each, line in found:
        findings.accept(case, each, line)
    return _settled(ngettext("%(num)d confirmed", "%(num)d confirmed", len(found)))


@bp.get("/recurring/<key>")
@needs(Permission.RECORD, Part.BUDGET)
def offer(case: Case, key: str) -> Page:
    found = findings.get_offer(case, key, clock.today(case.timezone))
    values = findings.line_values(found)
    values["category"] = values["category"] or budget.defaults(found.kind, {})["category"]
    return _offer_page(case, found, LineForm(data=values).prepare(case, found.kind))


@bp.post("/recurring/<key>")
@needs(Permission.RECORD, Part.BUDGET)
def offer_post(case: Case, key: str) -> Page:
    today = clock.today(case.timezone)
    found = findings.get_offer(case, key, today)
    form = LineForm().prepare(case, found.kind)
    if not form.validate_on_submit():
        return _offer_page(case, found, form), 422
    line = budget.create_line(case, found.kind, form.data, today, clock.now())
    findings.accept(case, found, line)
    return _settled(_("%(name)s is in the budget now", name=line.name))


@bp.post("/recurring/<key>/same")
@needs(Permission.RECORD, Part.BUDGET)
def same(case: Case, key: str) -> Page:
    found = findings.get_offer(case, key, clock.today(case.timezone))
    line = get_row(BudgetLine, request.form.get("line", 0, type=int), case)
    if line.kind != found.kind:
        raise NotFound
    findings.accept(case, found, line)
    return _settled(_("These payments belong to %(name)s now", name=line.name))


@bp.post("/recurring/<key>/loan")
@needs(Permission.RECORD, Part.BUDGET, Part.LOANS)
def loan(case: Case, key: str) -> Page:
    today = clock.today(case.timezone)
    found = findings.get_offer(case, key, today)
    owed = get_row(Loan, request.form.get("loan", 0, type=int), case)
    if found.kind != "expense":
        raise NotFound
    sorting.set_rule(case, found.payee, found.direction, near_minor=found.near_minor, loan_id=owed.id)
    count = repayments.record_loan(case, owed, today)
    words = ngettext(
        "%(num)d payment recorded on %(name)s", "%(num)d payments recorded on %(name)s", count, name=owed.title
    )
    return _settled(words)


@bp.post("/recurring/<key>/quiet")
@needs(Permission.RECORD, Part.BUDGET)
def quiet(case: Case, key: str) -> Page:
    findings.quiet(case, findings.get_offer(case, key, clock.today(case.timezone)))
    return _settled(_("It is not offered again"))


def rhythm_words(rhythm: Rhythm) -> str:
    """How often, in words."""
    if rhythm.working_day is not None:
        return f"{FREQUENCIES[rhythm.frequency]}, {WORKING_DAYS.get(rhythm.working_day, '')}".rstrip(", ")
    if rhythm.frequency == "monthly" and rhythm.day:
        return _("Monthly, day %(day)d", day=rhythm.day)
    return str(FREQUENCIES[rhythm.frequency])


def _owed(case: Case) -> list[loans.LoanPosition]:
    return repayments.choices(case, clock.today(case.timezone))


def _keep_to_budget(case: Case, payee: str, direction: str) -> None:
    """What repays a loan is nothing to sort for a reader whom no loan is shared with. Raises NotShared."""
    same = select_rows(PayeeRule, case).where(PayeeRule.payee == payee, PayeeRule.direction == direction)
    repays = same.where(PayeeRule.near_minor.is_(None), PayeeRule.loan_id.is_not(None))
    if not may_see(Part.LOANS) and db.session.scalars(repays).first() is not None:
        raise NotShared


def _sortable(case: Case, row_id: int) -> Transaction:
    """The row; one that repays a loan only for who may see loans. Raises NotShared."""
    stored = get_row(Transaction, row_id, case)
    if not may_see(Part.LOANS) and sorting.sort_row(case, sorting.Rules(case), stored).loan_id is not None:
        raise NotShared
    _keep_to_budget(case, sorting.payee_key(stored.counterparty or stored.text), stored.direction)
    return stored


def _settled(text: str) -> Response:
    db.session.commit()
    flash(text)
    return redirect(url_for("history.recurring"))


def _span(given: Mapping[str, str]) -> dict[str, Any]:
    return {name: given[name][:10] for name in ("month", "cycle") if name in given}


def _row_page(case: Case, stored: Transaction, form: SortForm) -> str:
    found = sorting.sort_row(case, sorting.Rules(case), stored)
    return render_template("imports/row.html", row=stored, found=found, form=form)


def _offer_page(case: Case, found: Offer, form: LineForm) -> str:
    today = clock.today(case.timezone)
    owed = repayments.choices(case, today) if found.kind == "expense" else []
    counted: dict[int, list[Any]] = {
        p.loan.id: repayments.to_record(
            case, p.loan, repayments.rows_of(case, p.loan, found.payee, [r.id for r in found.rows]), today
        )
        for p in owed
    }
    return render_template(
        "imports/offer.html", o=found, form=form, owed=owed, counted=counted, rhythm=rhythm_words, sureness=SURENESS,
        lines=[line for line in budget.lines(case) if line.kind == found.kind],
    )  # fmt: skip
