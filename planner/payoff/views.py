"""Several loans together: the plans side by side, and who gets what when the money is too little."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from .. import clock
from ..access import Permission, needs
from ..engine.dates import add_months
from ..engine.errors import EngineError
from ..engine.optimum import OptimiserMissing
from ..engine.paying import NoPlan
from ..extensions import limiter
from ..formatting import day, money
from ..models import Case, Part
from . import cheapest as cheap
from . import figures, services
from .forms import CheapestForm, PricesForm, ShortfallForm, StrategyForm

bp = Blueprint("payoff", __name__, url_prefix="/c/<int:case_id>/payoff")
Page = str | tuple[str, int]


@bp.get("")
@needs(Permission.VIEW, Part.LOANS, Part.BUDGET)
def index(case: Case) -> Page:
    today = clock.today(case.timezone)
    home, ranks = services.household(case, today), _ranks()
    form = StrategyForm(formdata=request.args or None).in_currency(case.currency)
    if "order" not in request.args:
        form.extra.data = form.extra.data or max(home.surplus_minor, 0)
    found = _compared(home, form, ranks, case.currency) if home.debts else None
    page = "payoff/_result.html" if _is_fragment() else "payoff/index.html"
    filled = render_template(
        page, home=home, form=form, found=found, ranks=ranks, today=today, figures=figures, fragment=_is_fragment()
    )
    return filled, 422 if form.errors else 200


@bp.get("/shortfall")
@needs(Permission.VIEW, Part.LOANS, Part.BUDGET)
def shortfall(case: Case) -> Page:
    home = services.household(case, clock.today(case.timezone))
    form = ShortfallForm(formdata=request.args or None)
    form.available.currency = case.currency
    priority = [int(text) for text in request.args.getlist("priority") if text.isdecimal() and len(text) < 19]
    if "available" not in request.args:
        priority = [p.loan.id for p in home.positions if p.loan.is_priority]
    if not form.available.raw_data:
        form.available.data = max(home.available_minor, 0)
    is_sound = form.validate()
    found = services.shared_out(home, form, priority) if home.debts and is_sound else None
    page = "payoff/_shares.html" if _is_fragment() else "payoff/shortfall.html"
    filled = render_template(page, home=home, form=form, found=found, priority=priority, fragment=_is_fragment())
    return filled, 422 if form.errors else 200


@bp.get("/cheapest")
@needs(Permission.VIEW, Part.LOANS, Part.BUDGET)
@limiter.limit("60 per minute")
def cheapest(case: Case) -> Page:
    today = clock.today(case.timezone)
    home = services.household(case, today)
    form = CheapestForm(formdata=request.args or None).in_currency(case.currency)
    prices = [
        PricesForm(formdata=request.args or None, prefix=f"l{p.loan.id}-").in_currency(case.currency)
        for p in home.positions
    ]
    is_sound = all([form.validate(), *(each.validate() for each in prices)])
    found, missing, is_installed = None, None, True
    if home.debts and is_sound:
        try:
            found = cheap.find_cheapest(case, home, form, prices, today)
        except NoPlan as none:
            missing = none
        except OptimiserMissing:
            is_installed = False
    filled = render_template(
        "payoff/cheapest.html", home=home, form=form, prices=prices, found=found, missing=missing, is_installed=is_installed,
        today=today, figures=figures, cheap=cheap, missing_month=_month_of(missing, today),
    )  # fmt: skip
    return filled, 200 if is_sound else 422


def _month_of(missing: NoPlan | None, today: date) -> str:
    """The month that does not fit; empty when there is none."""
    return day(add_months(today, missing.month - 1), "month") if missing and missing.month else ""


def _compared(
    home: services.Household, form: StrategyForm, ranks: Mapping[str, int], currency: str
) -> services.Comparison | None:
    """The comparison; None, with the reason beside its field, when there is none."""
    if not form.validate():
        return None
    missing = services.missing_minor(home, form, ranks)
    if missing:
        form.refuse("total", _("The instalments alone need %(amount)s more. Enter more, or see what to do when it is too little",
                               amount=money(missing, currency)))  # fmt: skip
        return None
    try:
        return services.compared(home, form, ranks)
    except EngineError:
        form.refuse("extra", _("This cannot be worked out; try another amount"))
        return None


def _ranks() -> dict[str, int]:
    """The places typed for one's own order: rank_<loan> in the address; what is no number counts as not typed."""
    found = {}
    for name, text in request.args.items():
        if name.startswith("rank_") and text.isdecimal() and len(text) < 4:
            found[name.removeprefix("rank_")] = int(text)
    return found


def _is_fragment() -> bool:
    """Whether the page's script asks for the result alone."""
    return request.headers.get("X-Fragment") == "result"
