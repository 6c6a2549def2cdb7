"""What pages say of reminders: the ways they go, why one was not sent, and how steps are called."""

from __future__ import annotations

from collections.abc import Iterable

from babel.lists import format_list
from flask_babel import get_locale
from flask_babel import gettext as _

from ..engine.notices import PayWay
from ..engine.reminding import Drop
from ..formatting import day
from ..i18n import html_lang
from ..models import Channel, Dispatch, LoanReminders
from .push import PUSH_REASONS

__all__ = [
    "about", "channel_words", "html_lang", "list_words", "loan_words", "reason_words", "send_day_words", "ways_words",
]  # fmt: skip


def channel_words(channel: str) -> str:
    """A way in one word."""
    return {Channel.APP: _("in the app"), Channel.PUSH: _("notification"), Channel.EMAIL: _("e-mail")}[Channel(channel)]


def ways_words(channels: Iterable[str]) -> str:
    """By which ways a message goes; the app's own list is only named when it is the only one."""
    found = [channel for channel in channels if channel != Channel.APP] or [Channel.APP]
    return list_words(channel_words(channel) for channel in found)


def list_words(parts: Iterable[str]) -> str:
    """Some words as a list: a, b and c."""
    return format_list(list(parts), locale=str(get_locale()))


def about(message: Dispatch) -> str:
    """Which due days a message was about."""
    days = dict.fromkeys(day(reminder.due_on) for reminder in message.reminders)
    return _("for %(day)s", day=list_words(days))


def loan_words(own: LoanReminders | None) -> str:
    """What one loan has otherwise than the rest, in a few words."""
    if own is None or not (own.is_muted or own.steps or own.paused_until):
        return _("As for all loans")
    if own.is_muted:
        return _("No reminders")
    return _("On its own days") if own.steps else _("Paused for a while")


def reason_words(reason: str | None) -> str:
    """Why a message was not sent, or not yet, for the person it was meant for. `reason` may carry a detail after a colon."""
    code = (reason or "").split(":")[0]
    return _dropped(code) or _by_email(code) or str(PUSH_REASONS.get(code, _("something went wrong on our side")))


def _dropped(code: str) -> str | None:
    return {
        Drop.PAID: _("paid, so not needed"),
        Drop.ARRANGED: _("something was agreed, so not needed"),
        Drop.CLOSED: _("the loan is closed, or its dates have changed"),
        Drop.PAUSED: _("paused"),
        Drop.MUTED: _("reminders are off for this loan"),
        Drop.SNOOZED: _("you put it off"),
        Drop.FITS: _("it fits after all"),
        Drop.SEEN: _("you have looked at it already"),
        Drop.SUPERSEDED: _("a later one took its place"),
        Drop.TOO_LATE: _("it would have come too late"),
        "no_address": _("this way was switched off"),
        "gave_up": _("tried several times without success"),
        "fault": _("something went wrong on our side"),
    }.get(code)


def _by_email(code: str) -> str | None:
    return {
        "not_configured": _("this way is not set up on this server"),
        "address_refused": _("the mail server does not take this address"),
        "refused": _("the mail server refused the message"),
        "unreachable": _("the mail server could not be reached"),
        "sign_in_refused": _("the mail server refused our sign-in"),
        "connection_lost": _("the connection to the mail server broke"),
    }.get(code)


def send_day_words(way: PayWay) -> str:
    """Why the money must leave that early."""
    return {
        PayWay.POST: _("A letter takes about a week."),
        PayWay.IN_PERSON: _("Money paid at a counter can take up to three days."),
        PayWay.ONLINE: _("A transfer can take a day."),
        PayWay.AUTOMATIC: _("The money must be in the account the day before."),
    }[way]
