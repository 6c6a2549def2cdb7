"""What stands in a household's calendar: each unpaid instalment of the coming year, and the days to ask and to send by.

Alarms ring at the very instants the reminders fire. Everything follows from the day and from what is stored, so that a calendar
fetched twice on one day is the same to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from .. import tokens
from ..access import select_rows
from ..documents.icalendar import CalendarEntry, to_ics
from ..engine.reminding import Step, fires_at, local_date
from ..errors import Gone
from ..extensions import db
from ..formatting import money
from ..loans.services import LoanPosition
from ..messages import absolute_url
from ..models import Case, LoanReminders, ReminderKind, ReminderSettings, Wording
from . import picture as pictures
from .picture import Picture
from .planned import Planned
from .wishes import find_settings, settings_to_change, wishes_of

AHEAD = timedelta(days=366)
# While something is past due it is remembered weekly without end; a calendar gets the alarms of this long.
WEEKLY_AHEAD = timedelta(weeks=8)


def find_case(token: str) -> Case:
    """The case of a secret address. Raises Gone for one that is unknown, replaced or switched off, without telling which."""
    mine = select(Case).join(ReminderSettings, ReminderSettings.case_id == Case.id)
    case = db.session.scalars(mine.where(ReminderSettings.feed_token_hash == tokens.token_hash(token))).one_or_none()
    if case is None:
        raise Gone
    return case


def is_open(case: Case) -> bool:
    """Whether the case has a secret address."""
    settings = find_settings(case)
    return settings is not None and settings.feed_token_hash is not None


def open_address(case: Case) -> str:
    """A new secret address in place of any before; returns its token, which is shown once and not stored."""
    token = tokens.new_token()
    settings_to_change(case).feed_token_hash = tokens.token_hash(token)
    db.session.flush()
    return token


def close_address(case: Case) -> None:
    """From this moment on no address opens."""
    settings_to_change(case).feed_token_hash = None
    db.session.flush()


def as_bytes(case: Case, now: datetime) -> bytes:
    """The calendar in the language of the case. Names and amounts stand in it only with full wording."""
    with force_locale(case.locale):
        return to_ics(entries(case, now), name=_("Steady"), timezone=case.timezone)


def entries(case: Case, now: datetime) -> list[CalendarEntry]:
    """The calendar's days, by date."""
    wishes = wishes_of(case)
    today = local_date(now, wishes.rules)
    midnight = datetime.combine(today, time.min, wishes.rules.zone).astimezone(UTC)
    picture = pictures.look(wishes, midnight)
    planned = [each for each in pictures.planned(picture, midnight, AHEAD) if each.dropped is None]
    book = _Book(picture, _revisions(case))
    found = [*_instalments(book, planned, today), *_by_lender(book, planned, today)]
    return sorted(found, key=lambda entry: (entry.on, entry.uid))


@dataclass(frozen=True)
class _Book:
    """The household with the revision of each loan's entries."""

    picture: Picture
    revisions: dict[int, int]

    def entry(self, p: LoanPosition, n: int, kind: str, on: date, alarms: Iterable[datetime]) -> CalendarEntry:
        """One day about the `n`-th instalment of a loan. `kind` goes into the UID and decides the title."""
        address = absolute_url("loans.what_if", case_id=p.loan.case_id, loan_id=p.loan.id)
        revision = p.loan.version + self.revisions.get(p.loan.id, 0) + self.revisions[0]
        return CalendarEntry(
            f"{kind}-{p.loan.id}-{n}@steady", on, self._title(p, n, kind),
            _("Can't pay? See what can be done: %(address)s", address=address), address, p.loan.created_at, revision,
            tuple(sorted(set(alarms))),
        )  # fmt: skip

    def _title(self, p: LoanPosition, n: int, kind: str) -> str:
        if self.picture.wishes.wording != Wording.FULL:
            return {
                "ask": _("Steady: last day to ask"),
                "send": _("Steady: send it today"),
            }.get(kind, _("Steady: something is due"))
        words = {"loan": p.loan.title, "amount": money(p.ledger.rows[n - 1].left_minor, p.loan.currency)}
        return {
            "ask": _("%(loan)s: last day to ask for more time", loan=p.loan.title),
            "send": _("%(loan)s: send %(amount)s today", **words),
        }.get(kind, _("%(loan)s, %(amount)s", **words))


def _instalments(book: _Book, planned: Iterable[Planned], today: date) -> Iterator[CalendarEntry]:
    """Unpaid instalments of loans that are not muted: those to come, and those past due that are still remembered."""
    wishes, alarms = book.picture.wishes, _alarms(book.picture, planned, today)
    for p in book.picture.positions:
        for n, row in enumerate(p.ledger.rows, 1):
            on, rings = row.instalment.due_date, alarms.get((p.loan.id, row.instalment.due_date), [])
            coming = today <= on <= today + AHEAD or (on < today and rings)
            if coming and not row.is_paid and not wishes.of_loan(p.loan.id).is_muted:
                yield book.entry(p, n, "loan", on, rings)


def _alarms(picture: Picture, planned: Iterable[Planned], today: date) -> dict[tuple[int, date], list[datetime]]:
    """When the reminders of each instalment (loan, due date) fire from today on: its steps, and what was put off.

    Weekly ones only of what is past due by now: the rest will be paid, as far as anybody knows.
    """
    found: dict[tuple[int, date], list[datetime]] = {}
    for each in planned:
        rules = picture.wishes.rules_of(each.loan_id)
        on, last = local_date(each.fire_at, rules), max((step.offset_days for step in rules.steps), default=0)
        is_near = each.step <= last or (each.due_on < today and on <= today + WEEKLY_AHEAD)
        if each.kind == ReminderKind.INSTALMENT and is_near and on >= today:
            found.setdefault((each.loan_id or 0, each.due_on), []).append(each.fire_at)
    for (loan_id, due_on), until in picture.snoozed.items():
        if until >= today:
            again = fires_at(due_on, Step((until - due_on).days), picture.wishes.rules_of(loan_id))
            found.setdefault((loan_id, due_on), []).append(again)
    return found


def _by_lender(book: _Book, planned: Iterable[Planned], today: date) -> Iterator[CalendarEntry]:
    """The last days to ask, and the days money must be on its way. One is told of asking the day before."""
    by_loan = {p.loan.id: p for p in book.picture.positions}
    for each in planned:
        p = by_loan.get(each.loan_id or 0)
        if p is None or each.n is None or each.kind not in (ReminderKind.ASK_BY, ReminderKind.SEND_BY):
            continue
        kind, later = ("ask", 1) if each.kind == ReminderKind.ASK_BY else ("send", 0)
        on = each.due_on + timedelta(days=each.step + later)
        if today <= on <= today + AHEAD:
            yield book.entry(p, each.n, kind, on, [each.fire_at])


def _revisions(case: Case) -> dict[int, int]:
    """How often the wishes for each loan were saved; under 0, those of the whole case."""
    settings = find_settings(case)
    found = {row.loan_id: row.version for row in db.session.scalars(select_rows(LoanReminders, case))}
    return found | {0: settings.version if settings else 0}
