"""What a household wants to be reminded of, as the engine and the sender read it: saved settings, or the defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from .. import clock
from ..access import select_rows
from ..engine.notices import PayWay
from ..engine.reminding import DEFAULT_STEPS, QuietHours, Rules, Step
from ..extensions import db
from ..models import Case, Channel, Consent, Loan, LoanReminders, Membership, ReminderSettings, Role, User, Wording
from ..watching import who_is

ALL_CHANNELS = tuple(Channel)


@dataclass(frozen=True, slots=True)
class LoanWishes:
    """What one loan has otherwise than the rest, and what is known of its lender (models/reminder.LoanReminders)."""

    steps: tuple[Step, ...] | None = None
    is_muted: bool = False
    paused_until: date | None = None
    lead_days: int | None = None
    pay_way: PayWay | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a case wants. `channels` are the ways switched on; e-mail needs `email_to` besides."""

    case: Case
    rules: Rules
    channels: tuple[Channel, ...] = ALL_CHANNELS
    email_to: str | None = None
    wording: Wording = Wording.NEUTRAL
    one_a_day: bool = True
    radar: bool = True
    signed_by: str | None = None
    reply_to: str | None = None
    loans: Mapping[int, LoanWishes] = field(default_factory=dict)

    def of_loan(self, loan_id: int | None) -> LoanWishes:
        """The wishes for one loan; those without any exception when nothing was saved for it."""
        return self.loans.get(loan_id or 0, LoanWishes())

    def rules_of(self, loan_id: int | None) -> Rules:
        """The rules of one loan: the household's, with its own steps and the later of both pauses."""
        own = self.of_loan(loan_id)
        pauses = [day for day in (self.rules.paused_until, own.paused_until) if day]
        return replace(self.rules, steps=own.steps or self.rules.steps, paused_until=max(pauses, default=None))


def wishes_of(case: Case) -> Wishes:
    """What a case wants, with defaults where nothing was saved."""
    return wishes_of_many([case])[case.id]


def wishes_of_many(cases: Sequence[Case]) -> dict[int, Wishes]:
    """The wishes of these cases by key, in a fixed number of queries however many there are."""
    keys = [case.id for case in cases]
    saved = {row.case_id: row for row in db.session.scalars(
        select(ReminderSettings).where(ReminderSettings.case_id.in_(keys)))}  # fmt: skip
    by_case: dict[int, dict[int, LoanWishes]] = {}
    for row in db.session.scalars(select(LoanReminders).where(LoanReminders.case_id.in_(keys))):
        by_case.setdefault(row.case_id, {})[row.loan_id] = _loan_wishes(row)
    addresses, signing = _account_addresses([key for key in keys if key not in saved]), _signing(keys)
    found = {case.id: _wishes(case, saved.get(case.id), addresses.get(case.id), by_case.get(case.id, {}))
             for case in cases}  # fmt: skip
    return {key: _signed(wishes, signing.get(key, []), clock.now()) for key, wishes in found.items()}


def find_settings(case: Case) -> ReminderSettings | None:
    """The settings as saved; None while the defaults hold."""
    return db.session.scalars(select_rows(ReminderSettings, case)).one_or_none()


def settings_to_change(case: Case) -> ReminderSettings:
    """The settings, made from the defaults when nothing was saved yet."""
    found = find_settings(case)
    if found is None:
        defaults = wishes_of(case)
        found = ReminderSettings(
            case_id=case.id, steps=steps_to_json(defaults.rules.steps), send_at=clock_text(defaults.rules.send_at),
            channels=list(defaults.channels), email_to=defaults.email_to, wording=defaults.wording,
            quiet_from=clock_text(defaults.rules.quiet.start), quiet_until=clock_text(defaults.rules.quiet.end),
            one_a_day=True, weekly=True, radar=True,
        )  # fmt: skip
        db.session.add(found)
    return found


def find_loan_reminders(loan: Loan) -> LoanReminders | None:
    """What was saved for one loan."""
    return db.session.scalars(select(LoanReminders).where(LoanReminders.loan_id == loan.id)).one_or_none()


def account_address(case: Case) -> str | None:
    """The borrower's own address; a guest has none."""
    return _account_addresses([case.id]).get(case.id)


def steps_to_json(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Steps as they are stored, by day."""
    ordered = sorted(steps, key=lambda step: step.offset_days)
    return [{"days": step.offset_days, "at": clock_text(step.send_at) if step.send_at else None,
             "channels": list(step.channels) if step.channels is not None else None} for step in ordered]  # fmt: skip


def steps_from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Stored steps as the engine takes them."""
    return tuple(
        Step(step["days"], time.fromisoformat(step["at"]) if step["at"] else None,
             None if step["channels"] is None else tuple(step["channels"]))
        for step in stored
    )  # fmt: skip


def clock_text(at: time) -> str:
    """A time as it is stored and typed: 09:00."""
    return at.strftime("%H:%M")


def _wishes(case: Case, saved: ReminderSettings | None, address: str | None,
            of_loans: Mapping[int, LoanWishes]) -> Wishes:  # fmt: skip
    zone = ZoneInfo(case.timezone)
    if saved is None:
        return Wishes(case, Rules(zone, DEFAULT_STEPS), email_to=address, loans=of_loans)
    quiet = QuietHours(time.fromisoformat(saved.quiet_from), time.fromisoformat(saved.quiet_until))
    rules = Rules(
        zone, steps_from_json(saved.steps), time.fromisoformat(saved.send_at), quiet, paused_until=saved.paused_until,
        weekly_while_overdue=saved.weekly,
    )  # fmt: skip
    channels = tuple(channel for channel in Channel if channel in saved.channels)
    return Wishes(
        case, rules, channels, saved.email_to, Wording(saved.wording), saved.one_a_day, saved.radar, saved.signed_by,
        saved.reply_to, of_loans,
    )  # fmt: skip


def _signing(case_ids: Sequence[int]) -> dict[int, list[Consent]]:
    """The consents under which a counsellor signs the reminders of these cases, the newest last; those that are over too."""
    found: dict[int, list[Consent]] = {}
    wanted = select(Consent).where(Consent.case_id.in_(case_ids), Consent.signs_reminders).order_by(Consent.id)
    for consent in db.session.scalars(wanted):
        found.setdefault(consent.case_id, []).append(consent)
    return found


def _signed(wishes: Wishes, signing: Sequence[Consent], now: datetime) -> Wishes:
    """In the name of the counsellor who signs, while the consent counts; never in the name of one whose consent is over."""
    counting = [consent for consent in signing if consent.is_open(now)]
    if counting:
        user = counting[-1].user
        return replace(wishes, signed_by=user.name or user.email, reply_to=user.email)
    if any(_is_name_of(consent, wishes) for consent in signing):
        return replace(wishes, signed_by=None, reply_to=None)
    return wishes


def _is_name_of(consent: Consent, wishes: Wishes) -> bool:
    """Whether what is kept as the name or the address came with this consent, also where the account has others by now.

    The name was kept with the agency's behind it, which is still known when the counsellor goes by another.
    """
    user, agency, name = consent.user, consent.agency, wishes.signed_by
    if wishes.reply_to is not None and wishes.reply_to in (user.email, agency.email):
        return True
    return name is not None and (
        name in (user.name, user.email, who_is(consent)[:80]) or name.endswith(f", {agency.name}")
    )


def _loan_wishes(row: LoanReminders) -> LoanWishes:
    steps = None if row.steps is None else steps_from_json(row.steps)
    return LoanWishes(
        steps, row.is_muted, row.paused_until, row.lead_days, PayWay(row.pay_way) if row.pay_way else None
    )


def _account_addresses(case_ids: Sequence[int]) -> dict[int, str | None]:
    """The address of each case's first borrower."""
    wanted = (
        select(Membership.case_id, User.email).join(User, User.id == Membership.user_id)
        .where(Membership.case_id.in_(case_ids), Membership.role == Role.BORROWER).order_by(Membership.id.desc())
    )  # fmt: skip
    return {row.case_id: row.email for row in db.session.execute(wanted)}
