"""Choosing files, and saying what one is and which plan it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField

from ..forms import Choice, Form, TextField, at_most, optional, options, required
from ..models import Evidence, Proposal
from .names import MOST, stem_of

NONE = 0


class _WithProposal(Form):
    """A form that can attach to a proposal, when there is one."""

    proposal = Choice(_l("Belongs to"), coerce=int, default=NONE)

    def offer(self, proposals: Sequence[Proposal]) -> None:
        """Say which proposals there are; without one the question is left out."""
        pairs = [(p.id, _("Plan %(reference)s", reference=p.reference)) for p in proposals]
        self.proposal.choices = options([(NONE, _("The case, no single plan")), *pairs])
        if not proposals:
            del self.proposal

    @property
    def proposal_id(self) -> int | None:
        """The proposal that was chosen."""
        return (self.proposal.data or None) if "proposal" in self else None


class UploadForm(_WithProposal):
    """Photos and PDFs."""

    files = MultipleFileField(_l("Photos and PDFs"))


class EvidenceForm(_WithProposal):
    """What a file is called, what it shows, and where it belongs."""

    name = TextField(_l("File name"), [*required(_l("Enter a name, such as Payslip November")), at_most(MOST)])
    note = TextField(_l("What it shows"), [*optional(), at_most(200)])


def evidence_form(row: Evidence, proposals: Sequence[Proposal]) -> EvidenceForm:
    """The form as sent, or filled from the row."""
    form = EvidenceForm(data={"name": stem_of(row.name), "note": row.note, "proposal": row.proposal_id or NONE})
    form.offer(proposals)
    return form
