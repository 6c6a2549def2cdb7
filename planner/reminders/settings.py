"""From the forms to what is kept, and back: the wishes of a case and of one loan."""

from __future__ import annotations

from datetime import date
from typing import Any

from ..access import select_rows
from ..engine.reminding import DEFAULT_STEPS
from ..extensions import db
from ..models import Case, Channel, Loan, LoanReminders
from .forms import LoanForm, SettingsForm, step_data
from .wishes import (
    account_address,
    clock_text,
    find_loan_reminders,
    find_settings,
    settings_to_change,
    steps_from_json,
    steps_to_json,
    wishes_of,
)


def settings_form(case: Case, today: date) -> SettingsForm:
    """The form with what holds now, defaults included."""
    found, saved = wishes_of(case), find_settings(case)
    rules = found.rules
    data: dict[str, Any] = {
        "send_at": clock_text(rules.send_at), "push_on": Channel.PUSH in found.channels,
        "email_on": Channel.EMAIL in found.channels and found.email_to is not None,
        "email_to": found.email_to or account_address(case), "radar": found.radar,
        "quiet_from": clock_text(rules.quiet.start), "quiet_until": clock_text(rules.quiet.end),
        "wording": found.wording, "weekly": rules.weekly_while_overdue, "one_a_day": found.one_a_day,
        "paused_until": rules.paused_until if rules.paused_until and rules.paused_until > today else None,
        "signed_by": found.signed_by, "reply_to": found.reply_to, "version": str(saved.version if saved else 0),
    }  # fmt: skip
    form = SettingsForm(data=data | step_data(rules.steps))
    form.offer_row()
    return form


def settings_version(case: Case) -> int:
    """The version of what is saved; 0 while the defaults hold."""
    saved = find_settings(case)
    return saved.version if saved else 0


def keep_settings(case: Case, form: SettingsForm) -> None:
    """Store a valid form. Switching e-mail off forgets the address, as unsubscribing does."""
    saved = settings_to_change(case)
    saved.steps, saved.send_at = steps_to_json(form.steps()), form.send_at.data or ""
    wanted = {Channel.PUSH: form.push_on.data, Channel.EMAIL: form.email_on.data}
    saved.channels = [Channel.APP, *(channel for channel, is_on in wanted.items() if is_on)]
    saved.email_to = form.email_to.data if form.email_on.data else None
    saved.quiet_from, saved.quiet_until = form.quiet_from.data or "", form.quiet_until.data or ""
    for name in ("wording", "weekly", "one_a_day", "radar", "paused_until", "signed_by", "reply_to"):
        setattr(saved, name, form[name].data)
    db.session.flush()


def end_pause(case: Case) -> None:
    """Reminders go out again from now on."""
    settings_to_change(case).paused_until = None
    db.session.flush()


def loan_form(case: Case, loan: Loan, today: date) -> LoanForm:
    """The form with what was saved for one loan; its days begin as those of all."""
    saved = find_loan_reminders(loan)
    common = wishes_of(case).rules.steps or DEFAULT_STEPS
    data: dict[str, Any] = {"version": "0"}
    if saved is not None:
        pause = saved.paused_until if saved.paused_until and saved.paused_until > today else None
        data = {
            "use": "own" if saved.steps else "same", "is_muted": saved.is_muted, "paused_until": pause,
            "lead_days": saved.lead_days, "pay_way": saved.pay_way or "", "version": str(saved.version),
        }  # fmt: skip
    form = LoanForm(data=data | step_data(steps_from_json(saved.steps) if saved and saved.steps else common))
    form.offer_row()
    return form


def own_of_loans(case: Case) -> list[LoanReminders]:
    """What was saved for single loans."""
    return list(db.session.scalars(select_rows(LoanReminders, case)))


def loan_version(loan: Loan) -> int:
    """The version of what is saved for a loan; 0 for nothing."""
    saved = find_loan_reminders(loan)
    return saved.version if saved else 0


def keep_loan(loan: Loan, form: LoanForm) -> None:
    """Store a valid form for one loan."""
    saved = find_loan_reminders(loan) or LoanReminders(case_id=loan.case_id, loan_id=loan.id)
    saved.steps = steps_to_json(form.steps()) if form.use.data == "own" else None
    saved.is_muted, saved.paused_until = form.is_muted.data, form.paused_until.data
    saved.lead_days, saved.pay_way = form.lead_days.data, form.pay_way.data or None
    db.session.add(saved)
    db.session.flush()
