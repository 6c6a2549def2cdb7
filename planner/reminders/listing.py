"""The app's own list of messages: every step with everything about it, and whether something is still to be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from ..engine.reminding import Drop
from ..formatting import day, money
from ..models import Dispatch, Reminder, ReminderKind
from . import composing
from .batch import Letter


@dataclass(frozen=True, slots=True)
class ListedStep:
    """One step: what it is about, when, what to do about it, where the ways out are. `is_open`: not settled yet."""

    reminder: Reminder
    title: str
    when: str
    advice: str
    options_path: str
    is_open: bool

    @property
    def is_instalment(self) -> bool:
        """Whether it can be paid or put off; a day that will not fit cannot."""
        return self.reminder.instalment_n is not None

    @property
    def options_label(self) -> str:
        """What the link to the ways out is called."""
        if self.is_instalment:
            return _("Can't pay? See options")
        return _("Open it") if self.reminder.kind == ReminderKind.TALK else _("See the options")


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """One message of the list."""

    dispatch: Dispatch
    steps: tuple[ListedStep, ...]


def listed(letters: Iterable[Letter]) -> list[ListedMessage]:
    """The messages with the steps that were said; those whose every step is about something gone are not shown."""
    found = (ListedMessage(letter.dispatch, tuple(_steps(letter))) for letter in letters)
    return [message for message in found if message.steps]


def _steps(letter: Letter) -> Iterable[ListedStep]:
    """What was said. Of an instalment that is paid, or that its contract no longer has, only that is told."""
    for reminder in letter.dispatch.reminders:
        reason = letter.dropped.get(reminder)
        if reminder.dropped or reason == Drop.CLOSED:
            continue
        is_open = reason not in (Drop.PAID, Drop.FITS, Drop.ARRANGED, Drop.SEEN)
        if is_open:
            title, when, advice = _title(letter, reminder), _when(letter, reminder), composing.advice(letter, reminder)
        else:
            title, when, advice = _settled(letter, reminder), "", ""
        yield ListedStep(reminder, title, when, advice, _options_path(reminder), is_open)


def _title(letter: Letter, reminder: Reminder) -> str:
    """Loan and amount; for a day that will not fit, the whole sentence."""
    position = letter.position(reminder)
    if position is None:
        return composing.headline(letter, reminder, full=True)
    left = position.ledger.rows[(reminder.instalment_n or 1) - 1].left_minor
    return f"{position.loan.title} {money(left, position.loan.currency)}"


def _when(letter: Letter, reminder: Reminder) -> str:
    return composing.headline(letter, reminder, full=False) if letter.position(reminder) else ""


def _options_path(reminder: Reminder) -> str:
    """Where the ways out stand, inside the app."""
    endpoint, values = composing.options_at(reminder)
    return url_for(endpoint, **values)


def _settled(letter: Letter, reminder: Reminder) -> str:
    position = letter.position(reminder)
    if reminder.kind == ReminderKind.TALK:
        return composing.headline(letter, reminder, full=True)
    if position is None:
        return _("%(day)s: it fits", day=day(reminder.due_on))
    return _("%(loan)s, %(day)s: paid", loan=position.loan.title, day=day(reminder.due_on))
