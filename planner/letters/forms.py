"""What goes into a letter, what happened for a complaint, and the text itself."""

from __future__ import annotations

import hashlib
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..documents.letters import ContactFact
from ..forms import Form, HiddenField, LongTextField, RadioChoice, TextField, at_most, optional, required
from ..proposals.forms import ShownForm
from .services import Wishes

LONGEST = 20_000
MOST_CONTACTS = 5
LANGUAGES = {"zh": "中文", "en": "English"}


class WishesForm(ShownForm):
    """The language and what the letter says."""

    language = RadioChoice(_l("Language of the letter"), choices=list(LANGUAGES.items()), default="zh")
    other_creditors = BooleanField(_l("What is left for all lenders together"))
    evidence = BooleanField(_l("The names of the files that support it"))
    asks = LongTextField(_l("What the lender should do"), [*optional(), at_most(1000)])

    def wishes(self, parts: tuple[str, ...], contacts: tuple[ContactFact, ...] = ()) -> Wishes:
        """As ticked and typed; only what can be ticked for this letter (`parts`) counts."""
        asks = tuple(line.strip() for line in (self.asks.data or "").splitlines() if line.strip())
        shown = [part for part in parts if self[part].data]
        return Wishes(self.language.data, shown, self.borrower_name.data, self.borrower_contact.data, contacts, asks)


class ContactForm(Form):
    """One call, message or visit, in the borrower's words."""

    when = TextField(_l("When"), [*optional(), at_most(60)])
    what = LongTextField(_l("What happened"), [*optional(), at_most(500)])
    rule = TextField(_l("Rule that may not have been kept"), [*optional(), at_most(200)])
    source = TextField(_l("Where the rule is written"), [*optional(), at_most(200)])

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not any(self[name].data for name in ("when", "what", "rule", "source"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: what is begun says what happened and when, and a source goes with its rule."""
        sound: bool = super().validate(extra_validators)
        if not self.is_empty and not self.what.data:
            self.refuse("what", _l("Write what happened"))
        if not self.is_empty and not self.when.data:
            self.refuse("when", _l("Write the day, and the time if you know it"))
        if self.source.data and not self.rule.data:
            self.refuse("rule", _l("Write the rule that this source holds"))
        return sound and not self.errors

    def fact(self) -> ContactFact:
        """As the letter takes it."""
        what = " ".join((self.what.data or "").split())
        return ContactFact(self.when.data or "", what, rule=self.rule.data, source=self.source.data)


class TextForm(Form):
    """The letter as edited; `filled` is the mark of the text as it was filled, to notice that it was edited."""

    text = LongTextField(
        _l("The letter"), [*required(_l("The letter is empty: fill it again, or write it")), at_most(LONGEST)]
    )
    filled = HiddenField()

    @property
    def is_edited(self) -> bool:
        """Whether the text is not as it was filled."""
        return self.text.data is not None and mark_of(self.text.data) != self.filled.data


def mark_of(text: str) -> str:
    """A short mark that two texts share when they say the same."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]
