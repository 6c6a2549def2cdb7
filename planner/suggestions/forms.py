"""What is ticked of a suggestion, and the note that goes with it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..forms import Form, LongTextField, at_most, optional


class NoteForm(Form):
    """A few words to the client about why."""

    note = LongTextField(_l("Note to your client"), [*optional(), at_most(1000)])


class DecideForm(Form):
    """The version of the suggestion that was read; the ticks are `item` fields by number."""
