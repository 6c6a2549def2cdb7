"""The ledger's words: how far the talks are, what happened, what is next."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from ..documents.words import size_words
from ..engine.negotiation import Stage, Step
from ..formatting import day
from ..models import Response, Share
from ..sharing.shown import answer_words, part_list, term_words
from .services import Entry, Event, Talk
from .testing import Trouble

__all__ = ["answer_words", "entry_note", "entry_title", "part_list", "refusal_words", "size_words", "stage_icon", "stage_tone",
           "stage_words", "step_words", "term_words", "trouble_words"]  # fmt: skip


def stage_words(stage: Stage) -> str:
    """How far the talks are, in a few words."""
    return {
        Stage.DRAFTED: _("Not shared yet"),
        Stage.SHARED: _("Shared, not opened yet"),
        Stage.VIEWED: _("Opened, no reply yet"),
        Stage.NO_REPLY: _("No reply in time"),
        Stage.COUNTERED: _("They offer something else"),
        Stage.ASKED: _("They ask something"),
        Stage.DECLINED: _("Declined"),
        Stage.ACCEPTED: _("Accepted, not yet in writing"),
        Stage.CONFIRMED: _("Confirmed in writing"),
        Stage.RUNNING: _("Agreement running"),
        Stage.KEPT: _("Agreement kept to the end"),
        Stage.BROKEN: _("Agreement not kept"),
        Stage.ENDED: _("Agreement ended"),
    }[stage]


def stage_tone(stage: Stage) -> str:
    """The tone of its badge; calm for everything that is not done."""
    if stage in (Stage.ACCEPTED, Stage.CONFIRMED, Stage.RUNNING, Stage.KEPT):
        return "ok"
    return "warn" if stage in (Stage.NO_REPLY, Stage.BROKEN, Stage.COUNTERED, Stage.ASKED) else ""


def stage_icon(stage: Stage) -> str:
    """The icon of its badge."""
    if stage in (Stage.ACCEPTED, Stage.CONFIRMED, Stage.RUNNING, Stage.KEPT):
        return "check"
    return {
        Stage.DRAFTED: "note",
        Stage.SHARED: "link",
        Stage.VIEWED: "eye",
        Stage.DECLINED: "x",
        Stage.ENDED: "x",
    }.get(stage, "clock")


def step_words(talk: Talk) -> str:
    """What to do next, in one sentence."""
    state = talk.state
    due = day(state.reply_due, "full") if state.reply_due else ""
    on = day(state.next_on, "full") if state.next_on else ""
    return {
        Step.SHARE: _("Share the plan with this lender."),
        Step.WAIT: _("A reply is due by %(day)s. Until then keep paying what you can.", day=due),
        Step.ASK_AGAIN: _("A reply was due by %(day)s. Call or write once more, and note what they say.", day=due),
        Step.LOOK_AT_COUNTER: _("See whether their offer fits, before you say anything."),
        Step.REPLY: _("Answer their question by phone or letter, or change the plan and share it again."),
        Step.OFFER_AGAIN: _(
            "Their reason says what another offer should change. You can also ask who decides about complaints."
        ),
        Step.GET_IN_WRITING: _("Ask for it in writing. Nothing changes until you have it."),
        Step.PAY: _("The next agreed payment is due on %(day)s.", day=on),
        Step.REVIEW: _("The day to look at it again has come: does it still fit?"),
        Step.TALK_AGAIN: _("An agreed payment was not made. Tell them early; a new plan is better than silence."),
        Step.NOTHING: _("Nothing is left to do here."),
    }[state.next]


def trouble_words(trouble: Trouble) -> str:
    """Why a counter-offer cannot be made our offer, and what to do instead."""
    return {
        Trouble.UNWORKABLE: _("These terms cannot be worked out for this loan. Ask the lender for amounts and dates."),
        Trouble.APART: _(
            "What they say does not fit together: no one schedule has all of it. Ask the lender for a schedule with each "
            "amount and date."
        ),
        Trouble.COMBINED: _(
            "They change several things at once, and a plan asks for one. If you agree, tell them, and record the written "
            "confirmation."
        ),
        Trouble.BEGUN: _(
            "The day of its first payment has passed, so it cannot be offered again. If you agreed to it, record the "
            "written confirmation; if not, agree on another day."
        ),
    }[trouble]


def refusal_words(trouble: Trouble) -> str:
    """Why nothing can be recorded on a counter-offer's ground."""
    if trouble == Trouble.APART:
        return trouble_words(trouble)
    return _("No instalments come of this. Ask the lender for amounts and dates, and note them as an answer")


def entry_title(entry: Entry) -> str:
    """What happened, in a few words."""
    if entry.event == Event.ANSWERED and isinstance(entry.row, Response):
        return answer_words(entry.row.kind)
    return {
        Event.DRAFTED: _("Plan begun"),
        Event.SHARED: _("Link made"),
        Event.VIEWED: ngettext("Opened once", "Opened %(num)d times", entry.count),
        Event.WITHDRAWN: _("Link withdrawn"),
        Event.CONFIRMED: _("Written confirmation recorded"),
    }[entry.event]


def entry_note(entry: Entry) -> str:
    """With whom, what was shown, in whose words."""
    if entry.event == Event.VIEWED:
        return entry.client
    if entry.event == Event.SHARED and isinstance(entry.row, Share):
        shown = part_list(entry.row.shown)
        return _("Version %(number)d; shows %(parts)s", number=entry.row.version.number, parts=shown)
    if isinstance(entry.row, Response):
        version = _("about version %(number)d", number=entry.version) if entry.version else ""
        how = {
            "link": _("on the shared page"),
            "phone": _("by phone or in person"),
            "letter": _("by letter or message"),
        }
        said = (entry.row.person, how[entry.row.source], version, entry.row.reference)
        return _(", ").join(part for part in said if part)
    return ""
