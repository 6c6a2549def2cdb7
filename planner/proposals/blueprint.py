"""What the pages of a proposal share: their blueprint, and what is stored beside what was typed when somebody else saved."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, Response, url_for
from flask_login import current_user
from sqlalchemy.orm.attributes import flag_modified
from wtforms import BooleanField, Field, SelectFieldBase

from .. import clock
from ..access import Permission, get_row, may
from ..errors import NotAllowed, NotFound
from ..extensions import db
from ..messages import see_other
from ..models import Case, Part, Proposal
from . import services
from .drafting import Draft

bp = Blueprint("proposals", __name__, url_prefix="/c/<int:case_id>/plans")
Page = str | tuple[str, int] | Response
PLANS = Part.PLANS  # here, a part is what a plan asks of one creditor (drafting.Part)


class Stored(NamedTuple):
    """A field that is stored otherwise than it was typed."""

    label: str
    stored: str
    typed: str


def load_draft(case: Case, proposal_id: int) -> Draft:
    """The proposal of this case, worked out, to be written on. Raises NotFound, and NotAllowed for somebody else's plan."""
    return services.find_draft(load_plan(case, proposal_id), clock.today(case.timezone))


def load_plan(case: Case, proposal_id: int) -> Proposal:
    """A proposal to be written on: the household's own by whoever may record facts, by others a draft of their own alone.

    Raises NotFound, and NotAllowed for the borrower's plans and for what they approved.
    """
    proposal = get_row(Proposal, proposal_id, case)
    if not may(Permission.RECORD) and not is_own_draft(proposal):
        raise NotAllowed
    return proposal


def load_own_draft(case: Case, proposal_id: int) -> Draft:
    """A draft of the signed-in counsellor that waits for approval. Raises NotFound for any other plan."""
    proposal = get_row(Proposal, proposal_id, case)
    if not is_own_draft(proposal):
        raise NotFound
    return services.find_draft(proposal, clock.today(case.timezone))


def is_own_draft(proposal: Proposal) -> bool:
    """Whether the signed-in person drew it up and the borrower has not approved it yet."""
    return services.is_unapproved(proposal) and proposal.drafted_by_id == current_user.id


def saved(proposal: Proposal, following: str, **values: Any) -> Response:
    """Commit, and go on to the next step. Each save of any step is a new version of the proposal.

    A counsellor's draft that is taken further by somebody who needs no approval has it by that.
    """
    proposal.updated_at = clock.now()
    if services.is_unapproved(proposal) and may(Permission.RECORD):
        proposal.approved_at = clock.now()
    flag_modified(proposal, "updated_at")  # also within one tick of the clock
    db.session.commit()
    return see_other(url_for(following, proposal_id=proposal.id, **values))


def differences(typed: Any, stored: Any) -> list[Stored]:
    """The fields of two forms of one kind that do not say the same, in words."""
    pairs = ((field, _words(stored[field.short_name]), _words(field)) for field in typed if _is_shown(field))
    return [Stored(str(field.label.text), before or "–", now or "–") for field, before, now in pairs if before != now]


def _is_shown(field: Field) -> bool:
    return field.short_name not in ("version", "csrf_token")


def _words(field: Field) -> str:
    if isinstance(field, BooleanField):
        return "✓" if field.data else ""
    if isinstance(field, SelectFieldBase):
        return next((str(label) for value, label, *_more in field.iter_choices() if value == field.data), "")
    return str(field._value())
