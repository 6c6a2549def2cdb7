"""What the pages about access say: scopes, parts, how consent came, and what each page somebody may look at is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..formatting import listed
from ..models import Consent, ConsentHow, Part, Scope

SCOPES: dict[str, Any] = {
    Scope.VIEW: _l("Look only"),
    Scope.PROPOSE: _l("Suggest changes"),
    Scope.EDIT: _l("Make changes"),
}
SCOPE_NOTES: dict[str, Any] = {
    Scope.VIEW: _l("They see what you tick below and can change nothing."),
    Scope.PROPOSE: _l("They write changes and plans; nothing happens until you approve each of them."),
    Scope.EDIT: _l("Their changes take effect at once, as if they were yours. You can read each of them."),
}
# The same for the agency that asks, and for a client who cannot approve anything yet.
DESK_NOTES: dict[str, Any] = {
    Scope.VIEW: _l("You see what is ticked below and can change nothing."),
    Scope.PROPOSE: _l("You write changes and plans; nothing happens until the client approves each of them."),
    Scope.EDIT: _l("Your changes take effect at once. The client can read each of them."),
}
VERBAL_NOTES: dict[str, Any] = {
    Scope.VIEW: _l("What is ticked below can be seen, and nothing changed."),
    Scope.PROPOSE: _l(
        "Nothing that is written takes effect before the client has taken the file over and approves it."
    ),
    Scope.EDIT: _l("Changes take effect at once. The client can read each of them after taking the file over."),
}
PARTS: dict[str, Any] = {
    Part.BUDGET: _l("Budget"),
    Part.LOANS: _l("Loans"),
    Part.PLANS: _l("Plans and letters"),
    Part.CONTACTS: _l("Talks with lenders and collectors"),
    Part.FILES: _l("Files"),
}
PART_NOTES: dict[str, Any] = {
    Part.BUDGET: _l("Income, spending, bank statements and the cash flow"),
    Part.LOANS: _l("Contracts, payments and what is overdue"),
    Part.PLANS: _l("Brings the budget and the loans with it: a plan is made of them"),
    Part.CONTACTS: _l("Answers, agreements and calls"),
    Part.FILES: _l("Photos and PDFs that support a plan"),
}
SPOKEN = {"phone": _l("Over the phone"), "in_person": _l("In person"), "video": _l("By video")}
# How a scope reads in the middle of a sentence about somebody.
_MAY = {
    Scope.VIEW: _l("may look, and change nothing"),
    Scope.PROPOSE: _l("may look, and suggest changes that you approve"),
    Scope.EDIT: _l("may look, and make changes"),
}


def may_words(scope: str | None) -> str:
    """What a scope allows, as part of a sentence."""
    return str(_MAY[Scope(scope or Scope.VIEW)])


def part_words(parts: Iterable[str] | None) -> str:
    """Parts as a list in a sentence, in the order of the form."""
    given = set(parts or ())
    return listed(str(label) for part, label in PARTS.items() if part in given)


def how_words(consent: Consent) -> str:
    """How consent was given, without who and when."""
    return {
        ConsentHow.INVITED: _("You invited them"),
        ConsentHow.ACCEPTED: _("They asked, you accepted"),
        ConsentHow.VERBAL: _("Said aloud, and written down by the agency"),
        ConsentHow.HANDED_OVER: _("Handed over by a colleague, with your agreement"),
    }[ConsentHow(consent.how)]


_BUDGET, _LOANS, _LOAN, _RADAR = _l("the budget"), _l("the loans"), _l("a loan"), _l("the cash flow")
_PLANS, _PLAN, _TALKS, _FILES = _l("the plans"), _l("a plan"), _l("the talks with lenders"), _l("the files")
_LINE, _STATEMENTS, _PAYMENTS = _l("a budget line"), _l("the bank statements"), _l("the payments of a loan")
_TALK, _LETTER, _LINKS, _ENTRIES = (
    _l("the talks with one lender"),
    _l("a letter"),
    _l("the links of a plan"),
    _l("the months before"),
)
_GUIDES, _CALENDAR, _LATE = (
    _l("the guidelines of the budget"),
    _l("the holidays and working days"),
    _l("what paying late costs"),
)
_FILE, _SUGGESTIONS, _EXPORT = _l("a file"), _l("the suggestions"), _l("the whole file, as an export")
# Every page of a case that a counsellor can reach, as the object of "looked at" or "changed".
PAGES: dict[str, Any] = {
    "budget.index": _BUDGET, "budget.statement": _l("the financial statement"), "budget.guidelines": _GUIDES,
    "budget.guidelines_post": _GUIDES, "budget.create": _l("the form of a new budget line"), "budget.create_post": _LINE,
    "budget.edit": _LINE, "budget.edit_post": _LINE, "budget.delete": _LINE, "budget.restore": _LINE,
    "cases.calendar": _CALENDAR, "cases.calendar_post": _CALENDAR, "cases.calendar_delete": _CALENDAR,
    "caseload.detail": _l("the overview of the file"), "caseload.index": _l("the list of clients"),
    "evidence.index": _FILES, "evidence.upload": _FILES, "evidence.download": _FILE, "evidence.edit": _FILE,
    "evidence.edit_post": _FILE, "evidence.delete": _FILE, "evidence.delete_post": _FILE,
    "exports.case_file": _EXPORT, "exports.statement": _EXPORT, "exports.statements": _EXPORT, "exports.caseload": _EXPORT,
    "history.index": _ENTRIES, "history.row": _l("an entry of a statement"), "history.row_post": _l("an entry of a statement"),
    "history.sort": _ENTRIES, "history.recurring": _l("what comes back every month"),
    "history.offer": _l("what comes back every month"), "history.offer_post": _l("what comes back every month"),
    "history.known": _l("what comes back every month"), "history.loan": _l("what comes back every month"),
    "history.quiet": _l("what comes back every month"), "history.same": _l("what comes back every month"),
    "imports.index": _STATEMENTS, "imports.upload": _STATEMENTS, "imports.look": _l("a bank statement"),
    "imports.look_again": _l("a bank statement"), "imports.confirm": _l("a bank statement"),
    "imports.undo": _l("a bank statement"), "imports.transactions": _l("the entries of the bank statements"),
    "letters.index": _l("the letters"), "letters.detail": _LETTER, "letters.write": _LETTER,
    "loans.index": _LOANS, "loans.create": _l("the form of a new loan"), "loans.create_post": _LOAN, "loans.detail": _LOAN,
    "loans.schedule": _l("the schedule of a loan"), "loans.edit": _l("the contract of a loan"),
    "loans.edit_post": _l("the contract of a loan"), "loans.delete": _LOAN, "loans.delete_post": _LOAN, "loans.close": _LOAN,
    "loans.what_if": _l("a what-if of a loan"), "loans.decode": _l("the true cost of an offer"),
    "negotiation.index": _TALKS, "negotiation.detail": _TALK, "negotiation.log": _TALK, "negotiation.log_post": _TALK,
    "negotiation.seen": _TALK, "negotiation.take_counter": _TALK, "negotiation.confirm": _l("a written confirmation"),
    "negotiation.confirm_post": _l("a written confirmation"), "negotiation.end": _l("an agreement"),
    "negotiation.end_post": _l("an agreement"),
    "payments.record": _PAYMENTS, "payments.mark_paid": _PAYMENTS, "payments.undo": _PAYMENTS, "payments.restore": _PAYMENTS,
    "payments.returned": _PAYMENTS, "payments.returned_post": _PAYMENTS, "payments.late": _LATE, "payments.late_post": _LATE,
    "payments.late_forget": _LATE, "payments.payoff": _l("the end of a loan by a day"),
    "payoff.index": _l("the order of repaying"), "payoff.cheapest": _l("the cheapest way to repay"),
    "payoff.shortfall": _l("how to pay when money is short"),
    "proposals.index": _PLANS, "proposals.create": _PLAN, "proposals.delete": _PLAN, "proposals.add": _PLAN,
    "proposals.cause": _l("the cause of a plan"), "proposals.cause_post": _l("the cause of a plan"),
    "proposals.check": _l("the budget check of a plan"), "proposals.check_post": _l("the budget check of a plan"),
    "proposals.offer": _l("the offer of a plan"), "proposals.offer_post": _l("the offer of a plan"),
    "proposals.fair": _l("the offer of a plan"), "proposals.fit": _l("the offer of a plan"),
    "proposals.creditor": _l("the offer to one lender"), "proposals.creditor_post": _l("the offer to one lender"),
    "radar.index": _RADAR, "radar.red_day": _l("a day on which money is short"), "radar.apply": _RADAR,
    "radar.balance": _l("the money in hand"), "radar.undo": _RADAR,
    "sharing.preview": _l("the preview of a plan"), "sharing.create": _LINKS, "sharing.index": _LINKS, "sharing.revoke": _LINKS,
    "sharing.document": _l("a plan as a document"),
    "suggestions.index": _SUGGESTIONS, "suggestions.detail": _l("a suggestion"), "suggestions.note": _l("a suggestion"),
    "suggestions.decide": _l("a suggestion"), "suggestions.withdraw": _l("a suggestion"),
    "suggestions.plan": _PLAN, "suggestions.letter": _LETTER, "suggestions.scenario": _l("a what-if of a loan"),
    "today.index": _l("Today"),
}  # fmt: skip


def page_words(endpoint: str) -> str:
    """What a page is called in a sentence; one this app no longer has, or does not name, is a page."""
    return str(PAGES.get(endpoint) or _("a page of the file"))


def who(consent: Consent) -> str:
    """The counsellor, as the household knows them."""
    return str(consent.user.name or consent.user.email)
