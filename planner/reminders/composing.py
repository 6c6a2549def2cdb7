"""What a reminder says. By default nothing that others may see names a lender, an amount or a debt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from flask import current_app, g
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from .. import tokens
from ..delivery import Action, Message
from ..engine import notices
from ..formatting import day, money
from ..i18n import html_lang
from ..messages import absolute_url
from ..models import Case, Channel, Reminder, ReminderKind, Wording
from . import talking
from .batch import Letter
from .speaking import speaking

# A notification that could not be delivered for this long no longer helps.
FRESH_FOR = timedelta(hours=36)
_PLACE = "-signed-"  # letters that an address holds as they are, like those of a signature


def compose(letter: Letter) -> Message:
    """The message of a letter in the language of its case. `letter.to` is there and some step still helps."""
    with speaking(letter.wishes.case.locale):
        return _as_email(letter) if letter.dispatch.channel == Channel.EMAIL else _as_notice(letter)


def trial(case: Case, to: str, key: str) -> Message:
    """The message people send themselves to see whether it arrives."""
    with speaking(case.locale):
        stop = unsubscribe_url(case.id)
        text, html = _bodies([(_("This is a test: reminders reach you here."), "", [])], stop, None)
        return Message(to, _("Steady: a test"), text, key, html=html, unsubscribe_url=stop)


def title(letter: Letter) -> str:
    """What stands on a locked screen or as a subject, as openly as the household wants it."""
    if letter.wishes.wording == Wording.NEUTRAL:
        return _("Steady: there is a new reminder")
    if len(letter.reminders) > 1:
        return ngettext("Steady: %(num)d thing to look at", "Steady: %(num)d things to look at", len(letter.reminders))
    first = letter.reminders[0]
    if letter.wishes.wording == Wording.DATE:
        return _("Steady: a reminder for %(day)s", day=day(first.due_on))
    return _full_title(letter, first)


def _full_title(letter: Letter, reminder: Reminder) -> str:
    """Date, loan and amount; the sentence below it says how far away that is."""
    position = letter.position(reminder)
    if position is None:
        return headline(letter, reminder, full=True)
    left = position.ledger.rows[(reminder.instalment_n or 1) - 1].left_minor
    return _("Steady: %(day)s %(loan)s %(amount)s", day=day(reminder.due_on), loan=position.loan.title,
             amount=money(left, position.loan.currency))  # fmt: skip


def open_text(letter: Letter) -> str:
    """The text under the title where anybody may read it."""
    if letter.wishes.wording == Wording.FULL:
        return "\n".join(headline(letter, reminder, full=True) for reminder in letter.reminders)
    return _("Have a look now. If it does not fit, there are ways out: see the options.")


def headline(letter: Letter, reminder: Reminder, *, full: bool) -> str:
    """The one sentence of a step: when, and with `full` what and how much."""
    if reminder.kind == ReminderKind.RADAR:
        return _red_headline(letter, reminder, full=full)
    if reminder.kind == ReminderKind.TALK:
        return talking.headline(letter.talks, reminder, full=full)
    when = _when(letter, reminder)
    position = letter.position(reminder)
    if not full or position is None:
        return when
    left = position.ledger.rows[(reminder.instalment_n or 1) - 1].left_minor
    return _(
        "%(loan)s, %(amount)s: %(when)s",
        loan=position.loan.title,
        amount=money(left, position.loan.currency),
        when=when,
    )


def advice(letter: Letter, reminder: Reminder) -> str:
    """What this step is for, with the days that matter when they are known."""
    if reminder.kind == ReminderKind.RADAR:
        return _("There is still time to move something or to ask. Only the ways that cost least are shown first.")
    if reminder.kind == ReminderKind.TALK:
        return talking.advice(reminder)
    if reminder.kind == ReminderKind.ASK_BY:
        return _("The lender takes requests only until then. Asking costs nothing and decides nothing.")
    if reminder.kind == ReminderKind.SEND_BY:
        return _("Paid this way, money needs some days. Sent today, it arrives in time.")
    words = [_step_advice((reminder.due_on - letter.today).days)]
    ask_by = _ask_by(letter, reminder)
    if ask_by is not None:
        words.append(_("If it does not fit, ask the lender by %(day)s.", day=day(ask_by)))
    return " ".join(words)


def item_links(letter: Letter, reminder: Reminder) -> list[tuple[str, str]]:
    """Where a step leads: marked as paid, put off, and what helps. Each signed address does one thing, after a question."""
    if reminder.instalment_n is None:
        label = _("Open it") if reminder.kind == ReminderKind.TALK else _("See the options")
        return [(label, options_url(reminder))]
    return [
        (_("It is paid"), act_url("paid", reminder)),
        (_("Remind me later"), act_url("later", reminder)),
        (_("Can't pay? See options"), options_url(reminder)),
    ]


def act_url(what: str, reminder: Reminder) -> str:
    """The signed address that asks once more and then does one thing to one reminder, without a sign-in."""
    return _signed_url("reminder_acts.ask", f"reminder-{what}", reminder.id, what=what)


def options_url(reminder: Reminder) -> str:
    """Where the ways out of this step stand, as a whole address."""
    endpoint, values = options_at(reminder)
    return absolute_url(endpoint, **values)


def options_at(reminder: Reminder) -> tuple[str, dict[str, Any]]:
    """The page with the ways out of this step: its endpoint and what goes into its address."""
    case = {"case_id": reminder.case_id}
    if reminder.kind == ReminderKind.RADAR:
        return "radar.red_day", case | {"day": reminder.due_on.isoformat()}
    if reminder.kind == ReminderKind.TALK:
        return "negotiation.detail", case | {"item_id": talking.item_id(reminder)}
    return "loans.what_if", case | {"loan_id": reminder.loan_id}


def unsubscribe_url(case_id: int) -> str:
    """The signed link that ends e-mail for the case; it serves nothing else."""
    return _signed_url("reminders.unsubscribe", "stop-email", case_id)


def _signed_url(endpoint: str, purpose: str, value: int, **values: str) -> str:
    """A whole address with a signature in it; what stands around the signature is built once a request or turn."""
    if "signed_urls" not in g:
        g.signed_urls = {}
    known: dict[str, list[str]] = g.signed_urls
    if purpose not in known:
        known[purpose] = absolute_url(endpoint, signed=_PLACE, **values).split(_PLACE)
    return tokens.sign(purpose, value).join(known[purpose])


def _as_notice(letter: Letter) -> Message:
    """What stands in the app's list or on a locked screen."""
    return Message(
        letter.to or "", title(letter), open_text(letter), letter.dispatch.idempotency_key,
        url=absolute_url("reminders.inbox", case_id=letter.wishes.case.id), actions=_actions(letter),
        expires_at=letter.dispatch.fire_at + FRESH_FOR,
        is_urgent=any(r.due_on <= letter.today or r.kind == ReminderKind.RADAR for r in letter.reminders),
    )  # fmt: skip


def _as_email(letter: Letter) -> Message:
    wishes = letter.wishes
    full, stop = wishes.wording == Wording.FULL, unsubscribe_url(wishes.case.id)
    items = [(headline(letter, r, full=full), advice(letter, r), item_links(letter, r)) for r in letter.reminders]
    text, html = _bodies(items, stop, wishes.signed_by)
    return Message(
        letter.to or "", title(letter), text, letter.dispatch.idempotency_key, html=html, unsubscribe_url=stop,
        sender_name=wishes.signed_by, reply_to=wishes.reply_to,
    )  # fmt: skip


def _bodies(
    items: Sequence[tuple[str, str, list[tuple[str, str]]]], stop: str, signed_by: str | None
) -> tuple[str, str]:
    """An e-mail as text and as HTML. `items` are sentences with their advice and links.

    The templates get these words and nothing of what a page has around it, which would take longer to prepare than to write.
    """
    words = {"items": items, "unsubscribe_url": stop, "signed_by": signed_by, **_frame(str(get_locale()))}
    return _render("emails/reminder.txt", words), _render("emails/reminder.html", words)


@lru_cache(maxsize=8)
def _frame(locale: str) -> dict[str, str]:
    """What every e-mail in a language says around its items. Asked for while that language is spoken."""
    return {
        "language": html_lang(locale), "name": _("Steady"), "colon": _(":"), "no_more": _("No more e-mail"),
        "no_more_then": _("No more e-mail:"),
    }  # fmt: skip


def _render(name: str, words: dict[str, Any]) -> str:
    template = current_app.jinja_env.get_template(name)
    return "".join(template.root_render_func(template.new_context(words, shared=True)))


def _actions(letter: Letter) -> tuple[Action, ...]:
    """At most two buttons, for that is all that phones show: paid, where it is about one instalment, and the options."""
    first = letter.reminders[0]
    options = Action("options", _("See options"), options_url(first))
    if len(letter.reminders) > 1 or first.instalment_n is None:
        return (options,)
    return Action("paid", _("It is paid"), act_url("paid", first)), options


def _red_headline(letter: Letter, reminder: Reminder, *, full: bool) -> str:
    left = (reminder.due_on - letter.today).days
    if not full and left <= 0:
        return _("today, %(day)s: have a look", day=day(reminder.due_on))
    if not full:
        return ngettext(
            "%(day)s, in %(num)d day: have a look",
            "%(day)s, in %(num)d days: have a look",
            left,
            day=day(reminder.due_on),
        )
    red = letter.radar.red_day(reminder.due_on) if letter.radar else None
    short = red.short_minor if red else reminder.short_minor or 0
    words = {
        "day": day(reminder.due_on), "amount": money(short, letter.wishes.case.currency),
        "what": letter.radar.names(red) if letter.radar and red else "",
    }  # fmt: skip
    if left <= 0:
        return _("today, %(day)s: %(amount)s short for %(what)s", **words)
    return ngettext(
        "%(day)s: %(amount)s short for %(what)s, in %(num)d day",
        "%(day)s: %(amount)s short for %(what)s, in %(num)d days", left, **words,
    )  # fmt: skip


def _when(letter: Letter, reminder: Reminder) -> str:
    """The date against today, which may be later than the day the step was meant for."""
    due_on, left = reminder.due_on, (reminder.due_on - letter.today).days
    if reminder.kind == ReminderKind.ASK_BY and (ask_by := _ask_by(letter, reminder)):
        return _("for what is due on %(day)s, ask the lender by %(by)s", day=day(due_on), by=day(ask_by))
    if reminder.kind == ReminderKind.SEND_BY:
        return _("for what is due on %(day)s, send the money today", day=day(due_on))
    if left > 0:
        return ngettext("due on %(day)s, in %(num)d day", "due on %(day)s, in %(num)d days", left, day=day(due_on))
    if left == 0:
        return _("due today, %(day)s", day=day(due_on))
    return ngettext("due on %(day)s, %(num)d day ago", "due on %(day)s, %(num)d days ago", -left, day=day(due_on))


def _step_advice(left: int) -> str:
    if left >= 7:
        return _("Does it fit? There is still time to move something or to ask the lender.")
    if left > 0:
        return _("Is the money where it needs to be? A transfer can take a day.")
    if left == 0:
        return _("If you have paid, mark it and you will hear no more about it.")
    return _("It is not too late to act: pay part of it, or tell the lender what you can keep up.")


def _ask_by(letter: Letter, reminder: Reminder) -> date | None:
    """Until when the lender takes a request about it; None when that is not known or over."""
    lead = letter.wishes.of_loan(reminder.loan_id).lead_days
    if not lead:
        return None
    window = notices.help_window(reminder.due_on, lead, letter.today, letter.calendar)
    return window.ask_by if window.is_open else None
