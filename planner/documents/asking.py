"""What is asked of one creditor, in words: one sentence for the request, what follows from it, and the dates it brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from ..formatting import day, money, percent
from . import course
from .proposal import Asked, ProposalDocument, Request, Side

KINDS = ("reduce", "reduce_until", "postpone", "rate", "freeze", "longer", "move_due", "settle")


def kind_words(kind: str) -> str:
    """A kind of request as a heading."""
    return {
        "reduce": _("Lower instalments"),
        "reduce_until": _("Lower instalments for a time"),
        "postpone": _("Postponed instalments"),
        "rate": _("A lower interest rate"),
        "freeze": _("No interest and charges for a time"),
        "longer": _("A longer term"),
        "move_due": _("Another due date"),
        "settle": _("One payment that settles all"),
    }[kind]


def interest_words(treatment: str) -> str:
    """What becomes of the interest of postponed instalments, as a choice."""
    return {
        "waived": _("No interest for that time"),
        "capitalised": _("The interest joins the debt"),
        "on_first": _("The interest is paid with the first instalment afterwards"),
        "spread": _("The interest is spread evenly over the later instalments"),
    }[treatment]


def request_words(document: ProposalDocument, request: Request | None = None) -> str:
    """The one request in one sentence; without `request` that of this copy's creditor."""
    asked = request or document.main
    if document.creditor(asked.n).is_token and asked.asked.kind != "settle":
        return _token(asked, document.unit.code)
    return _SENTENCES[asked.asked.kind](asked, document.unit.code)


def follow_words(document: ProposalDocument, request: Request | None = None) -> list[str]:
    """What else the creditor should know: what is paid before, arrears, what is given up, how payments resume, the review."""
    asked, code = request or document.main, document.unit.code
    found = [before] if (before := course.meanwhile_words(document, asked)) else []
    if asked.arrears_minor:
        found.append(
            _("%(amount)s is overdue today; it is part of this plan.", amount=money(asked.arrears_minor, code))
        )
    if asked.forgiven_minor and asked.asked.kind != "settle":
        found.append(_("You would give up %(amount)s of what is owed.", amount=money(asked.forgiven_minor, code)))
    if asked.asked.kind == "settle":
        found.append(_("I pay as soon as you have accepted this in writing, not before."))
    found.append(resume_words(asked, code))
    if review := course.review_on(document, asked):
        found.append(_("We look at it again on %(day)s.", day=day(review, "full")))
    return found


def rests(request: Request) -> bool:
    """Whether no interest is asked for while less is paid."""
    return request.asked.kind == "reduce_until" and request.asked.interest == "waived"


def resume_words(request: Request, code: str) -> str:
    """How normal payments resume, or how all of it ends."""
    if request.resumes_on:
        normal = next((row.payment_minor for row in request.rows if row.due_on >= request.resumes_on), None)
        if normal is None:
            return _("From %(day)s the normal payments resume.", day=day(request.resumes_on, "full"))
        return _(
            "From %(day)s the normal payments resume, %(amount)s each.",
            day=day(request.resumes_on, "full"), amount=money(normal, code),
        )  # fmt: skip
    last = day(request.offer.last_due, "full")
    if request.asked.kind == "settle":
        return _("With this payment on %(day)s nothing more is owed.", day=last)
    return _("The new instalments run until %(day)s; then all is paid.", day=last)


def agreed_dates(document: ProposalDocument, request: Request | None = None) -> list[tuple[date, str]]:
    """The days that matter under the new plan, in order: first and last payment, where it changes, the review."""
    asked, code = request or document.main, document.unit.code
    first, last = asked.rows[0], asked.rows[-1]
    found = [(first.due_on, _("First payment, %(amount)s", amount=money(first.payment_minor, code)))]
    if asked.asked.until and asked.asked.kind in ("reduce_until", "freeze"):
        found.append((asked.asked.until, _("Until this day the lighter terms apply")))
    if asked.resumes_on and asked.resumes_on != first.due_on:
        found.append((asked.resumes_on, _("Normal payments resume")))
    if review := course.review_on(document, asked):
        found.append((review, _("Review of the plan")))
    if last.due_on != first.due_on:
        found.append((last.due_on, _("Last payment, %(amount)s", amount=money(last.payment_minor, code))))
    return sorted(found, key=lambda pair: pair[0])


def key_figures(document: ProposalDocument, request: Request | None = None) -> list[tuple[str, str]]:
    """The four figures everybody looks for."""
    asked, code = request or document.main, document.unit.code
    return [
        (_("Payment each time"), course.payment_words(asked, code)),
        (_("Instalments"), str(asked.offer.count)),
        (_("First payment"), day(asked.offer.first_due, "full")),
        (_("Total"), money(asked.offer.total_minor, code)),
    ]


def comparison(document: ProposalDocument, request: Request | None = None) -> list[tuple[str, str, str]]:
    """Label, contract, proposal: what changes for the lender."""
    asked, code = request or document.main, document.unit.code

    def both(label: str, words: Callable[[Side], str]) -> tuple[str, str, str]:
        return label, words(asked.contract), words(asked.offer)

    rows = [
        (_("Payment each time"), money(asked.contract.payment_minor, code), course.payment_words(asked, code)),
        both(_("Instalments to come"), lambda side: str(side.count)),
        both(_("First payment"), lambda side: day(side.first_due, "full")),
        both(_("Last payment"), lambda side: day(side.last_due, "full")),
        both(_("Total to be paid"), lambda side: money(side.total_minor, code)),
        both(_("Annual cost (IRR)"), lambda side: percent(side.annual_cost)),
    ]
    if asked.forgiven_minor:
        rows.append((_("Given up by the lender"), money(0, code), money(asked.forgiven_minor, code)))
    return rows


def _token(request: Request, code: str) -> str:
    asked = request.asked
    amount = money(request.offer.payment_minor if asked.amount_minor is None else asked.amount_minor, code)
    first = day(asked.from_on or request.offer.first_due, "full")
    if asked.until:
        return _(
            "Nothing is left after essential costs, so I offer a token payment of %(amount)s each time from %(first)s to "
            "%(until)s, and ask for no interest and charges meanwhile.",
            amount=amount, first=first, until=day(asked.until, "full"),
        )  # fmt: skip
    return _(
        "Nothing is left after essential costs, so I offer a token payment of %(amount)s each time from %(first)s on, and ask "
        "for no interest and charges meanwhile.",
        amount=amount, first=first,
    )  # fmt: skip


def _reduce(request: Request, code: str) -> str:
    return ngettext(
        "I ask to pay %(amount)s instead of %(before)s from %(first)s, in %(num)d instalment until %(last)s.",
        "I ask to pay %(amount)s instead of %(before)s each time from %(first)s, in %(num)d instalments until %(last)s.",
        request.offer.count, amount=_amount(request, code), before=money(request.contract.payment_minor, code),
        first=_first(request), last=day(request.offer.last_due, "full"),
    )  # fmt: skip


def _reduce_until(request: Request, code: str) -> str:
    if rests(request):
        return _(
            "I ask to pay %(amount)s instead of %(before)s each time from %(first)s to %(until)s, with no interest for that "
            "time.",
            amount=_amount(request, code), before=money(request.contract.payment_minor, code), first=_first(request),
            until=_until(request),
        )  # fmt: skip
    return _(
        "I ask to pay %(amount)s instead of %(before)s each time from %(first)s to %(until)s.",
        amount=_amount(request, code), before=money(request.contract.payment_minor, code), first=_first(request),
        until=_until(request),
    )  # fmt: skip


def _postpone(request: Request, code: str) -> str:
    how = _HOW[request.asked.interest or ""]()
    count = request.asked.count or 1
    if count == 1:
        return _("I ask to postpone the instalment of %(first)s, %(how)s.", first=_first(request), how=how)
    return ngettext(
        "I ask to postpone %(num)d instalment, from %(first)s to %(until)s, %(how)s.",
        "I ask to postpone %(num)d instalments, from %(first)s to %(until)s, %(how)s.",
        count, first=_first(request), until=_until(request), how=how,
    )  # fmt: skip


def _rate(request: Request, code: str) -> str:
    return _(
        "I ask for a yearly interest rate of %(rate)s from %(first)s; each instalment is then %(amount)s.",
        rate=percent(request.asked.annual_rate, 2), first=_first(request), amount=money(request.offer.payment_minor, code),
    )  # fmt: skip


def _freeze(request: Request, code: str) -> str:
    until = request.asked.until
    if until is None:
        return _("I ask you to charge no interest and fees from %(first)s on.", first=_first(request))
    return _(
        "I ask you to charge no interest and fees from %(first)s to %(until)s.",
        first=_first(request), until=day(until, "full"),
    )  # fmt: skip


def _longer(request: Request, code: str) -> str:
    return ngettext(
        "I ask for %(num)d instalment more: %(amount)s each from %(first)s, the last on %(last)s.",
        "I ask for %(num)d instalments more: %(amount)s each from %(first)s, the last on %(last)s.",
        request.asked.instalments or 0, amount=money(request.offer.payment_minor, code), first=_first(request),
        last=day(request.offer.last_due, "full"),
    )  # fmt: skip


def _move_due(request: Request, code: str) -> str:
    return _(
        "I ask to move the due date to day %(day)d of the month; the first payment then falls on %(first)s.",
        day=request.asked.day or request.offer.first_due.day, first=day(request.offer.first_due, "full"),
    )  # fmt: skip


def _settle(request: Request, code: str) -> str:
    amount, on = _amount(request, code), day(request.asked.on or request.offer.first_due, "full")
    if not request.forgiven_minor:
        return _("I offer %(amount)s on %(day)s to settle the contract in full.", amount=amount, day=on)
    return _(
        "I offer %(amount)s on %(day)s to settle the contract in full, and ask you to give up the other %(rest)s.",
        amount=amount, day=on, rest=money(request.forgiven_minor, code),
    )  # fmt: skip


def _amount(request: Request, code: str) -> str:
    given = request.asked.amount_minor
    return money(request.offer.payment_minor if given is None else given, code)


def _first(request: Request) -> str:
    return day(request.asked.from_on or request.offer.first_due, "full")


def last_day(request: Request) -> date:
    """Until when the request is for: as said, else its last instalment."""
    return request.asked.until or last_changed(request.asked, request)


def _until(request: Request) -> str:
    return day(last_day(request), "full")


def last_changed(asked: Asked, request: Request) -> date:
    """The last day the change is about where the request does not say it: the contract's date of its last instalment meant."""
    dates = [row.due_on for row in request.contract_rows if asked.from_on is None or row.due_on >= asked.from_on]
    wanted = asked.count or len(dates)
    return dates[min(wanted, len(dates)) - 1] if dates else request.offer.last_due


_HOW: Mapping[str, Callable[[], str]] = {
    "waived": lambda: _("with no interest for that time"),
    "capitalised": lambda: _("with the interest of that time added to the debt"),
    "on_first": lambda: _("with the interest of that time paid with the first instalment afterwards"),
    "spread": lambda: _("with the interest of that time spread evenly over the later instalments"),
    "": lambda: _("with the interest of that time to be agreed"),
}
_SENTENCES: Mapping[str, Callable[[Request, str], str]] = {
    "reduce": _reduce,
    "reduce_until": _reduce_until,
    "postpone": _postpone,
    "rate": _rate,
    "freeze": _freeze,
    "longer": _longer,
    "move_due": _move_due,
    "settle": _settle,
}
