"""What a reminder says. By default nothing in subject or preview names a lender, an amount or a debt."""

from __future__ import annotations

from datetime import date

from flask import render_template
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from ..delivery.email import Email
from ..documents.icalendar import CalendarEntry
from ..formatting import day, money
from ..loans.services import LoanPosition
from ..messages import absolute_url
from ..models import Case, Reminder


def reminder_email(
    to: str, case: Case, position: LoanPosition, reminder: Reminder, show_details: bool, unsubscribe_url: str
) -> Email:
    """The message of one step, in the language of the case."""
    with force_locale(case.locale):
        said = headline(position, reminder.instalment_n, reminder.due_on, reminder.step, show_details)
        words = {
            "headline": said,
            "absolute_url": absolute_url,
            "advice": advice(reminder.step),
            "case_id": case.id,
            "loan_id": reminder.loan_id,
            "unsubscribe_url": unsubscribe_url,
        }
        return Email(
            to=to,
            subject=said if show_details else neutral_subject(reminder.due_on),
            text=render_template("emails/reminder.txt", **words),
            html=render_template("emails/reminder.html", **words),
            key=reminder.idempotency_key,
            unsubscribe_url=unsubscribe_url,
        )


def trial_email(to: str, case: Case, key: str, unsubscribe_url: str) -> Email:
    """The message people send themselves to see whether it arrives."""
    with force_locale(case.locale):
        words = {
            "headline": _("This is a test: reminders reach you here."),
            "absolute_url": absolute_url,
            "advice": "",
            "case_id": case.id,
            "loan_id": None,
            "unsubscribe_url": unsubscribe_url,
        }
        text, html = render_template("emails/reminder.txt", **words), render_template("emails/reminder.html", **words)
        return Email(to, _("Steady: a test"), text, html, key, unsubscribe_url)


def neutral_subject(due_on: date) -> str:
    """A subject anybody may see."""
    return _("Steady: a reminder for %(day)s", day=day(due_on))


def headline(position: LoanPosition, n: int, due_on: date, step: int, show_details: bool) -> str:
    """The one sentence: date first, and the loan and amount only where the borrower wants them."""
    when = _when(due_on, step)
    if not show_details:
        return when
    row = position.ledger.rows[n - 1]
    return _(
        "%(loan)s, %(amount)s: %(when)s",
        loan=position.loan.title,
        amount=money(row.left_minor, position.loan.currency),
        when=when,
    )


def advice(step: int) -> str:
    """What this step is for."""
    if step <= -7:
        return _("Does it fit? There is still time to move something or to ask the lender.")
    if step < 0:
        return _("Is the money where it needs to be? A transfer can take a day.")
    if step == 0:
        return _("If you have paid, mark it and you will hear no more about it.")
    return _("It is not too late to act: pay part of it, or tell the lender what you can keep up.")


def calendar_entry(position: LoanPosition, n: int, due_on: date, show_details: bool) -> CalendarEntry:
    """One instalment for the calendar file."""
    row = position.ledger.rows[n - 1]
    title = _("Steady: something is due")
    if show_details:
        title = _(
            "%(loan)s, %(amount)s", loan=position.loan.title, amount=money(row.left_minor, position.loan.currency)
        )
    address = absolute_url("loans.detail", case_id=position.loan.case_id, loan_id=position.loan.id)
    text = _("Can't pay? See what can be done: %(address)s", address=address)
    return CalendarEntry(f"loan-{position.loan.id}-{n}-{due_on:%Y%m%d}@steady", due_on, title, text, address)


def _when(due_on: date, step: int) -> str:
    if step < 0:
        return ngettext("due on %(day)s, in %(num)d day", "due on %(day)s, in %(num)d days", -step, day=day(due_on))
    if step == 0:
        return _("due today, %(day)s", day=day(due_on))
    return ngettext("due on %(day)s, %(num)d day ago", "due on %(day)s, %(num)d days ago", step, day=day(due_on))
