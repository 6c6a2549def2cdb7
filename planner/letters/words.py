"""What the letters are called, when each is the right one, and why one cannot be written."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import force_locale
from flask_babel import gettext as _

from ..documents.asking import KINDS, kind_words
from ..documents.letters import letter_for
from ..documents.typesetting import LOCALES


class Offered(NamedTuple):
    """A letter in the list: its name in an address, what it is called, and when it is the right one."""

    name: str
    title: str
    when: str


def all_letters() -> list[Offered]:
    """The letters, in the order in which one looks for them."""
    return [
        Offered("hold", _("A pause while you plan"), _(
            "When you need some weeks to work out a plan: the lender is asked to hold all steps until then.")),
        Offered("reduce", _("Lower instalments"), _(
            "When you can pay every time, but less than the contract asks.")),
        Offered("defer", _("Postponed instalments"), _(
            "When hardly anything comes in for a while, and you can say when it will again.")),
        Offered("freeze", _("Less interest and fewer charges"), _(
            "When most of what you pay goes to interest and charges, and the debt hardly falls.")),
        Offered("settle", _("One payment that settles all"), _(
            "When one sum is at hand that is less than what is owed, and will not come again.")),
        Offered("move_due", _("Another due date"), _(
            "When the money is enough, but arrives after the due date.")),
        Offered("complaint", _("A complaint about contacts"), _(
            "When calls or messages went to other people, came at night, or put you under pressure.")),
    ]  # fmt: skip


def title_of(letter: str, lang: str = "") -> str:
    """What a letter is called, in the reader's language or in zh or en."""
    if lang:
        with force_locale(LOCALES[lang]):
            return title_of(letter)
    return next(each.title for each in all_letters() if each.name == letter)


def needed_words(letter: str) -> list[str]:
    """The requests a letter makes, one of which the plan would have to hold."""
    return [kind_words(kind) for kind in KINDS if letter_for(kind) == letter]
